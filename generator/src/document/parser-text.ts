import { own } from "./node.js";
import { harmfulNames, holdsData, holdsSchemas, isNamedByAuthor } from "./places.js";
import { isSlowPattern } from "./slow-pattern.js";

/** Names of properties by their replacement. */
const harmless = new Map([...harmfulNames].map(([name, instead]) => [instead, name]));

/** Replacement for a `$ref` in data, which the parser would follow. */
const notFollowed = "$reference";

/**
 * Converts a file to JSON for the parser: without property names on which it fails, without a
 * `$ref` in data, which it would follow, and without patterns and long enumerations that would
 * take it forever.
 *
 * @param value The file's content.
 * @param isLeftOut Called for each reference to a schema, in order: returns `true` to replace the
 * reference by an empty schema.
 */
export function parserText(value: unknown, isLeftOut?: (ref: string) => boolean): string {
  // With aliases, a value may be in many places; it is converted once for each kind of place.
  const known = new Map<unknown, Map<string, unknown>>();
  const convert = (from: unknown, key: string, named: boolean, place: Place): unknown => {
    if (typeof from === "number" && !Number.isFinite(from)) return Number.MAX_VALUE;
    if (typeof from !== "object" || from === null) return from;
    const { isData, isSchema } = place;
    if (isSchema && !isData && isLeftOut !== undefined) {
      const ref = own(from, "$ref");
      if (typeof ref === "string" && isLeftOut(ref)) return {};
    }
    const kind = `${named} ${isData}`;
    const done = isLeftOut === undefined ? known.get(from)?.get(kind) : undefined;
    if (done !== undefined) return done;
    const to = Array.isArray(from)
      ? from.map((item) => convert(item, key, false, place))
      : Object.fromEntries(
          entriesOf(from, !isData && !named).map(([name, child]) => [
            isData && name === "$ref" ? notFollowed : (harmfulNames.get(name) ?? name),
            convert(child, name, !isData && !named && isNamedByAuthor(name), {
              isData: isData || (!named && holdsData(name)),
              // The alternatives of a `message` are messages.
              isSchema: isSchema || (!named && key !== "message" && holdsSchemas(name)),
            }),
          ]),
        );
    known.set(from, (known.get(from) ?? new Map<string, unknown>()).set(kind, to));
    return to;
  };
  return JSON.stringify(convert(value, "", false, { isData: false, isSchema: false })) ?? "null";
}

/** Number of values of an `enum` that the parser compares with each other. */
const MANY_VALUES = 500;

/** The properties of a value, without keywords on which the parser could work forever. */
function entriesOf(value: object, isSchema: boolean): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(value);
  return isSchema ? entries.flatMap(([name, child]) => withoutEnd(name, child)) : entries;
}

function withoutEnd(name: string, value: unknown): readonly (readonly [string, unknown])[] {
  if (name === "pattern" && typeof value === "string" && isSlow(value)) return [];
  if (name !== "enum" || !Array.isArray(value) || value.length <= MANY_VALUES)
    return [[name, value]];
  if (value.some((each) => typeof each === "object" && each !== null)) return [[name, value]];
  // The only rule for the values: no two of them are equal.
  const seen = new Set<string>();
  const equal = value.find((each) => seen.size === seen.add(JSON.stringify(each)).size);
  return equal === undefined ? [] : [[name, [equal, equal]]];
}

function isSlow(pattern: string): boolean {
  try {
    new RegExp(pattern);
  } catch {
    return false;
  }
  return isSlowPattern(pattern);
}

/** Kind of the value at a place. */
interface Place {
  readonly isData: boolean;
  readonly isSchema: boolean;
}

/** Restores a step of a path to its form in the file. */
export function originalStep(step: string): string {
  return step === notFollowed ? "$ref" : (harmless.get(step) ?? step);
}

/** Restores a text with steps of a path to their form in the file. */
export function originalNames(text: string): string {
  let names = text;
  for (const [instead, name] of harmless) names = names.replaceAll(instead, name);
  return names;
}
