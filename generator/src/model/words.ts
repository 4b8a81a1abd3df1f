/**
 * Splits a name into words: at every character that is neither letter nor digit, and where
 * camelCase begins a new word.
 *
 * @returns The words with their original letters; an empty list for a name without letters and
 * digits.
 */
export function words(name: string): readonly string[] {
  return name
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(" ")
    .filter((word) => word !== "");
}

/** `player chatted` → `PlayerChatted`: always with a capital first letter, unlike constants. */
export function pascalCase(all: readonly string[]): string {
  const name = capitalized(all);
  return /^\p{Lu}/u.test(name) ? name : `Type${name}`;
}

/** `player chatted` → `PlayerChatted`, to follow another word. */
export function capitalized(all: readonly string[]): string {
  return all.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** `player chatted` → `playerChatted`. */
export function camelCase(all: readonly string[]): string {
  const [first = "", ...rest] = all;
  const upper = first.length > 1 && first === first.toUpperCase();
  const head = upper ? first.toLowerCase() : first.charAt(0).toLowerCase() + first.slice(1);
  const name = head + capitalized(rest);
  return /^\p{ID_Start}/u.test(name) ? name : `_${name}`;
}

const directions = new Set(
  "publish send emit subscribe receive recv consume on request reply respond".split(" "),
);

/** Verbs that do something: `getPlayerMessages` would read as a request for messages. */
const verbs = new Set(
  "get list fetch load find query read search ask pull poll lookup request publish send emit subscribe receive recv consume".split(
    " ",
  ),
);

/**
 * Name of the function that iterates over messages: `playerChatted` → `playerChattedMessages`. A name
 * that begins with a verb of {@link verbs} follows: `getPlayer` → `messagesOfGetPlayer`.
 */
export function iteratorName(base: readonly string[]): string {
  return verbs.has(base[0]?.toLowerCase() ?? "")
    ? `messagesOf${capitalized(base)}`
    : `${camelCase(base)}Messages`;
}

/** Directions at the end of a name, as the converter from version 2 to 3 writes them. */
const finalDirections = new Set("publish send emit subscribe receive recv consume".split(" "));

/**
 * Removes one word that gives a direction from the name of an operation: the first, else the last.
 * `player/chatted.subscribe` → `player chatted`
 */
export function withoutDirections(all: readonly string[]): readonly string[] {
  const rest = withoutDirection(all);
  const last = rest.at(-1)?.toLowerCase() ?? "";
  return rest.length === all.length && rest.length > 1 && finalDirections.has(last)
    ? rest.slice(0, -1)
    : rest;
}

/** Removes one leading word that gives a direction, unless it is the only one. */
export function withoutDirection(all: readonly string[]): readonly string[] {
  const [first = "", ...rest] = all;
  return rest.length > 0 && directions.has(first.toLowerCase()) ? rest : all;
}
