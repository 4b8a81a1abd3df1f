/** An integer in its shortest decimal form. */
export const INTEGER: RegExp = /^(?:0|-?[1-9]\d*)$/;

/** The integer of a bigint, a number or a text; undefined if it is none. */
export function integerOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && INTEGER.test(value) ? BigInt(value) : undefined;
}

/** The number of an integer; the integer itself if a number would be rounded. */
export function narrowest(value: bigint | undefined): number | bigint | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Checks if an integer fits into 64 bits, with or without a sign. */
export function isWithin64Bits(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}
