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

/** Removes one leading word that gives a direction, unless it is the only one. */
export function withoutDirection(all: readonly string[]): readonly string[] {
  const [first = "", ...rest] = all;
  return rest.length > 0 && directions.has(first.toLowerCase()) ? rest : all;
}
