import { holdsData, isNamedByAuthor } from "./places.js";

/** The parser fails on properties of these names, which are names like others. */
const harmful = new Map([
  ["__proto__", "__prot0__"],
  ["hasOwnProperty", "hasOwnPropert_"],
]);
const harmless = new Map([...harmful].map(([name, instead]) => [instead, name]));

/** What a `$ref` is called where it is data, which the parser would follow all the same. */
const notFollowed = "$reference";

/**
 * Writes a file for the parser, as JSON: without what it fails on, and without references that are none, which
 * it would follow to wherever they lead.
 *
 * @param value The file's content.
 */
export function parserText(value: unknown): string {
  // Aliases let a value stand in many places; it is written for each kind of place once.
  const known = new Map<unknown, Map<string, unknown>>();
  const convert = (from: unknown, named: boolean, isData: boolean): unknown => {
    if (typeof from === "number" && !Number.isFinite(from)) return Number.MAX_VALUE;
    if (typeof from !== "object" || from === null) return from;
    const kind = `${named} ${isData}`;
    const done = known.get(from)?.get(kind);
    if (done !== undefined) return done;
    const to = Array.isArray(from)
      ? from.map((item) => convert(item, false, isData))
      : Object.fromEntries(
          Object.entries(from).map(([key, child]) => [
            isData && key === "$ref" ? notFollowed : (harmful.get(key) ?? key),
            convert(
              child,
              !isData && !named && isNamedByAuthor(key),
              isData || (!named && holdsData(key)),
            ),
          ]),
        );
    known.set(from, (known.get(from) ?? new Map<string, unknown>()).set(kind, to));
    return to;
  };
  return JSON.stringify(convert(value, false, false)) ?? "null";
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
