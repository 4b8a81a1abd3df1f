import { type DocumentNode, own } from "../document/node.js";

/** Ranges of the formats of integers, as far as JavaScript's numbers represent them. */
const formats: Readonly<Record<string, readonly [least: number, most: number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2 ** 64],
};

/** Range in which every integer is a number. */
const safe = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const;

/**
 * Checks for integers. The format of 64 bits makes integers of numbers.
 *
 * @param type One of the schema's types.
 */
export function isInteger(type: unknown, { value }: DocumentNode): boolean {
  const format = own(value, "format");
  return type === "integer" || (type === "number" && (format === "int64" || format === "uint64"));
}

/** Checks for integers that may be beyond 2^53, where numbers are rounded. */
export function isBeyondNumbers({ value }: DocumentNode): boolean {
  const listed = own(value, "enum") ?? [own(value, "const")].filter((each) => each !== undefined);
  if (Array.isArray(listed) && listed.length > 0) return listed.some(isRounded);
  const [least, most] = rangeOf(value);
  return least < Number.MIN_SAFE_INTEGER || most > Number.MAX_SAFE_INTEGER;
}

/** Checks for integers that every encoding writes in at most 32 bits. */
export function isWithin32Bits({ value }: DocumentNode): boolean {
  const [least, most] = rangeOf(value);
  return least >= -(2 ** 31) && most < 2 ** 32;
}

/** Range of a schema of integers, by its format and bounds. */
function rangeOf(schema: unknown): readonly [least: number, most: number] {
  const format = own(schema, "format");
  const [least, most] =
    typeof format === "string" && Object.hasOwn(formats, format) ? formats[format]! : safe;
  const bound = (otherwise: number, ...keywords: readonly string[]): number => {
    const bounds = keywords.map((each) => own(schema, each));
    return bounds.find((each) => typeof each === "number") ?? otherwise;
  };
  return [bound(least, "minimum", "exclusiveMinimum"), bound(most, "maximum", "exclusiveMaximum")];
}

function isRounded(value: unknown): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}
