import { own } from "./node.js";
import { holdsData, isNamedByAuthor } from "./places.js";

/** The parser fails on properties of these names, which are names like others. */
const harmful = new Map([
  ["__proto__", "__prot0__"],
  ["hasOwnProperty", "hasOwnPropert_"],
]);
const harmless = new Map([...harmful].map(([name, instead]) => [instead, name]));

/** What a `$ref` is called where it is data, which the parser would follow all the same. */
const notFollowed = "$reference";

/** Properties that hold schemas, each place of which takes an empty one. */
const schemaPlaces = new Set(
  "payload headers schema schemas properties patternProperties items prefixItems additionalProperties allOf anyOf oneOf not definitions $defs".split(
    " ",
  ),
);

/**
 * Writes a file for the parser, as JSON: without what it fails on, and without references that are none, which
 * it would follow to wherever they lead.
 *
 * @param value The file's content.
 * @param isLeftOut Asked of each reference to a schema, in order: whether an empty schema takes its place.
 */
export function parserText(value: unknown, isLeftOut?: (ref: string) => boolean): string {
  // Aliases let a value stand in many places; it is written for each kind of place once.
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
          Object.entries(from).map(([name, child]) => [
            isData && name === "$ref" ? notFollowed : (harmful.get(name) ?? name),
            convert(child, name, !isData && !named && isNamedByAuthor(name), {
              isData: isData || (!named && holdsData(name)),
              // The alternatives of a `message` are messages.
              isSchema: isSchema || (!named && key !== "message" && schemaPlaces.has(name)),
            }),
          ]),
        );
    known.set(from, (known.get(from) ?? new Map<string, unknown>()).set(kind, to));
    return to;
  };
  return JSON.stringify(convert(value, "", false, { isData: false, isSchema: false })) ?? "null";
}

/** What the value at a place is. */
interface Place {
  readonly isData: boolean;
  readonly isSchema: boolean;
}

/** A step of a path as the file itself has it. */
export function originalStep(step: string): string {
  return step === notFollowed ? "$ref" : (harmless.get(step) ?? step);
}

/** A text that names steps of a path, as the file itself has them. */
export function originalNames(text: string): string {
  let names = text;
  for (const [instead, name] of harmless) names = names.replaceAll(instead, name);
  return names;
}
