import { own } from "./node.js";
import { holdsData, isNamedByAuthor } from "./places.js";

/** A name that the document's author chooses, or an index of a list. */
const any = "[^/]+";
const message = `(?:channels/${any}/(?:messages/${any}|(?:publish|subscribe)/message(?:/oneOf/${any})?)|components/messages/${any})`;
const operation = `(?:operations/${any}|channels/${any}/(?:publish|subscribe))`;

/**
 * Places where every AsyncAPI version with that place allows a reference. The list is not complete.
 */
const places = new RegExp(
  `^(?:${[
    message,
    `${message}/(?:payload|headers)(?:/.+)?`,
    `${message}/traits/${any}`,
    `${message}/correlationId`,
    `${operation}/traits/${any}`,
    `operations/${any}/(?:channel|messages/${any}|reply|reply/channel|reply/messages/${any})`,
    `channels/${any}(?:/parameters/${any}|/servers/${any})?`,
    `components/schemas/.+`,
    `components/(?:channels|parameters|correlationIds)/${any}`,
  ].join("|")})$`,
);

/**
 * Checks if all references of a file are in places where AsyncAPI certainly allows one. The search
 * for misplaced references can then be skipped.
 *
 * @param value The content of the main file.
 */
export function hasPlainReferences(value: unknown): boolean {
  const seen = new Set<unknown>();
  const isPlain = (here: unknown, path: string, named: boolean): boolean => {
    // With aliases, a value may be in several places, of which this check knows one.
    if (typeof here !== "object" || here === null) return true;
    if (seen.has(here)) return false;
    seen.add(here);
    if (own(here, "$ref") !== undefined && !named) return places.test(path);
    return Object.entries(here).every(([key, child]) => {
      if (!named && holdsData(key)) return true;
      const step = key.replaceAll("~", "~0").replaceAll("/", "~1");
      return isPlain(child, path === "" ? step : `${path}/${step}`, !named && isNamedByAuthor(key));
    });
  };
  return isPlain(value, "", false);
}
