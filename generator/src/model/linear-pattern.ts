import { createRequire } from "node:module";
import { type PatternPart, readPattern } from "../document/pattern-tree.js";

/**
 * Converts a regular expression of JavaScript to one of RE2, which matches the same texts in linear time.
 *
 * @param pattern A valid regular expression, with the flag `u` or without flags.
 * @returns `undefined` if RE2 lacks a part of it, for example a look around or a backreference, or counts to more than
 * 1,000.
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function linearPattern(pattern: string): string | undefined {
  try {
    const text = converted(readPattern(pattern));
    return isAccepted(text) ? text : undefined;
  } catch (error) {
    if (error instanceof NotLinear || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Compiles a pattern as the SDK will. Loads the package, which few documents need. */
function isAccepted(text: string): boolean {
  const { RE2JS, RE2JSException } = createRequire(import.meta.url)(
    "re2js",
  ) as typeof import("re2js");
  try {
    RE2JS.compile(text);
    return true;
  } catch (error) {
    if (error instanceof RE2JSException) return false;
    throw error;
  }
}

class NotLinear extends Error {}

function converted(part: PatternPart): string {
  switch (part.kind) {
    case "character":
      return character(part.source);
    case "edge":
      return edges[part.source]!;
    case "sequence":
      return part.parts.map(converted).join("");
    case "choice":
      return `(?:${part.options.map(converted).join("|")})`;
    case "repeat": {
      const { min, max } = part;
      return `(?:${converted(part.part)}){${min},${max === Infinity ? "" : max}}`;
    }
    case "look":
    case "backreference":
      throw new NotLinear();
  }
}

/** Ends of lines and of words; `^` and `$` are those of the text. */
const edges: Readonly<Record<string, string>> = {
  "^": "\\A",
  $: "\\z",
  "\\b": "\\b",
  "\\B": "\\B",
};

/** Ranges of white space in JavaScript (ECMA-262, 12.2 and 12.3), which has more than RE2's. */
const SPACE =
  "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
const NO_SPACE =
  "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";
const ANY = "\\x{0}-\\x{10ffff}";

/** Sets of characters, as ranges of a class. */
const sets: Readonly<Record<string, string>> = {
  d: "0-9",
  D: "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}",
  w: "0-9A-Z_a-z",
  W: "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}",
  s: SPACE,
  S: NO_SPACE,
};

const controls: Readonly<Record<string, number>> = { 0: 0, t: 9, n: 10, v: 11, f: 12, r: 13 };

function character(source: string): string {
  if (source === ".") return "[^\\x{a}\\x{d}\\x{2028}\\x{2029}]";
  if (source.length > 1 && source.startsWith("[")) return charClass(source);
  const item = source.startsWith("\\") ? escaped(source, false) : source.codePointAt(0)!;
  return typeof item === "number" ? literal(item) : `[${item}]`;
}

function charClass(source: string): string {
  const isNegative = source.startsWith("[^");
  const items = [
    ...source
      .slice(isNegative ? 2 : 1, -1)
      .matchAll(/\\(?:[pPu]\{[^}]{0,99}\}|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|[\s\S])|[\s\S]/giu),
  ].map(([item]) => ({
    item: item.startsWith("\\") ? escaped(item, true) : item.codePointAt(0)!,
    isHyphen: item === "-",
  }));
  let text = "";
  for (let i = 0; i < items.length; i++) {
    const { item } = items[i]!;
    const end = items[i + 2]?.item;
    if (items[i + 1]?.isHyphen && typeof item === "number" && typeof end === "number") {
      text += `${literal(item)}-${literal(end)}`;
      i += 2;
    } else text += typeof item === "number" ? literal(item) : item;
  }
  if (text === "") return isNegative ? `[${ANY}]` : `[^${ANY}]`;
  return `[${isNegative ? "^" : ""}${text}]`;
}

/** @returns The code point of an escape, or the ranges of its set. */
function escaped(source: string, inClass: boolean): number | string {
  const [, long, short, byte, control, other = ""] =
    /^\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})|c([a-z])|([\s\S]+))$/iu.exec(source) ?? [];
  const hex = long ?? short ?? byte;
  if (hex !== undefined) return Number.parseInt(hex, 16);
  if (control !== undefined) return control.codePointAt(0)! % 32;
  if (inClass && other === "b") return 8;
  if (/^[pP]\{/.test(other)) return property(other);
  return sets[other] ?? controls[other] ?? other.codePointAt(0)!;
}

/** Long names of general categories, of which RE2 has only the short ones. */
const categories: Readonly<Record<string, string>> = {
  Letter: "L",
  Lowercase_Letter: "Ll",
  Uppercase_Letter: "Lu",
  Titlecase_Letter: "Lt",
  Modifier_Letter: "Lm",
  Other_Letter: "Lo",
  Mark: "M",
  Nonspacing_Mark: "Mn",
  Number: "N",
  Decimal_Number: "Nd",
  Punctuation: "P",
  Symbol: "S",
  Separator: "Z",
  Space_Separator: "Zs",
  Other: "C",
  Control: "Cc",
};

function property(source: string): string {
  const [, kind, , name = ""] =
    /^([pP])\{(?:(General_Category|gc|Script|sc)=)?(\w+)\}$/.exec(source) ?? [];
  const isScript = /\{(?:Script|sc)=/.test(source);
  const short = isScript ? name : (categories[name] ?? name);
  // Other names are properties that RE2 does not have, or scripts, which JavaScript does not have without "Script=".
  if (!isScript && !/^(?:[CLMNPSZ][a-z]?)$/.test(short)) throw new NotLinear();
  return `\\${kind}{${short}}`;
}

function literal(code: number): string {
  const text = String.fromCodePoint(code);
  return /^[\da-z]$/i.test(text) ? text : `\\x{${code.toString(16)}}`;
}
