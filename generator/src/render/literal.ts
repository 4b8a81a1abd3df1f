import { escapeHidden, hiddenCharacters } from "../hidden-characters.js";

/**
 * Writes a value as TypeScript. Text of the document gets into code only through this function. Quotes are
 * double, as in prettier, unless single quotes need fewer escapes.
 */
export function literal(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const json = escapeHidden(JSON.stringify(value).slice(1, -1));
  const double = value.split('"').length - 1;
  const single = value.split("'").length - 1;
  if (double <= single) return `"${json}"`;
  return `'${json.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Writes a template literal. @param parts Texts and expressions in turn; the first is a text. */
export function templateLiteral(parts: readonly string[]): string {
  const texts = parts.map((part, i) => {
    if (i % 2 === 1) return `\${${part}}`;
    return part.replace(/[\\`]|\$(?=\{)/g, "\\$&").replace(hiddenCharacters, escaped);
  });
  return `\`${texts.join("")}\``;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A name of a property as prettier writes it: quoted only if necessary. */
export function propertyName(name: string): string {
  return isPlainName(name) ? name : literal(name);
}

/** A name of a property in an object, where a plain `__proto__` would set the prototype. */
export function keyText(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : propertyName(name);
}

/** Checks for an identifier of ECMAScript 5, which prettier leaves without quotes. */
function isPlainName(name: string): boolean {
  return (
    /^[$_\p{L}\p{Nl}][$\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(name) &&
    !/[^\0-\uffff]/u.test(name)
  );
}
