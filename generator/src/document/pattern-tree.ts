/** A part of a regular expression of JavaScript. */
export type PatternPart =
  /** Takes one character: a character, an escape or a class. */
  | { readonly kind: "character"; readonly source: string }
  | { readonly kind: "sequence"; readonly parts: readonly PatternPart[] }
  | { readonly kind: "choice"; readonly options: readonly PatternPart[] }
  | {
      readonly kind: "repeat";
      readonly part: PatternPart;
      readonly min: number;
      readonly max: number;
    }
  /** Takes nothing: `^`, `$`, `\b` or `\B`. */
  | { readonly kind: "edge"; readonly source: string }
  /** Looks ahead or behind, and takes nothing. */
  | { readonly kind: "look"; readonly part: PatternPart }
  | { readonly kind: "backreference" };

/** A character, a class, an assertion, a bracket or a bar, each with its quantifier. */
const tokens =
  /(\\(?:[pPu]\{[^}]{0,99}\}|k<[^>]{0,99}>|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|[1-9]\d*|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<[^>]{0,99}>))?|\)|\||[\s\S])(\*|\+|\?|\{\d+(?:,\d*)?\})?\??/giu;

interface Group {
  readonly options: PatternPart[][];
  readonly isLook: boolean;
}

/**
 * Reads a regular expression.
 *
 * @param pattern A valid regular expression, with the flag `u` or without flags.
 */
export function readPattern(pattern: string): PatternPart {
  const open: Group[] = [{ options: [[]], isLook: false }];
  for (const [, token = "", quantifier = ""] of pattern.matchAll(tokens)) {
    const group = open.at(-1)!;
    if (token.startsWith("(")) {
      open.push({ options: [[]], isLook: /^\(\?<?[=!]/.test(token) });
    } else if (token === "|") {
      group.options.push([]);
    } else {
      const isGroup = token === ")" && open.length > 1;
      if (isGroup) open.pop();
      const part = isGroup ? closed(group) : single(token);
      open.at(-1)!.options.at(-1)!.push(repeated(part, quantifier));
    }
  }
  return closed(open[0]!);
}

function closed({ options, isLook }: Group): PatternPart {
  const sequences = options.map(
    (parts): PatternPart => (parts.length === 1 ? parts[0]! : { kind: "sequence", parts }),
  );
  const part: PatternPart =
    sequences.length === 1 ? sequences[0]! : { kind: "choice", options: sequences };
  return isLook ? { kind: "look", part } : part;
}

function single(source: string): PatternPart {
  if (source === "^" || source === "$" || source === "\\b" || source === "\\B") {
    return { kind: "edge", source };
  }
  if (/^\\(?:[1-9]|k<)/.test(source)) return { kind: "backreference" };
  return { kind: "character", source };
}

function repeated(part: PatternPart, quantifier: string): PatternPart {
  if (quantifier === "") return part;
  if (quantifier === "*") return { kind: "repeat", part, min: 0, max: Infinity };
  if (quantifier === "+") return { kind: "repeat", part, min: 1, max: Infinity };
  if (quantifier === "?") return { kind: "repeat", part, min: 0, max: 1 };
  const [, min = "0", comma, max = ""] = /^\{(\d+)(,?)(\d*)\}$/.exec(quantifier) ?? [];
  const limit = comma === "" ? min : max;
  return { kind: "repeat", part, min: Number(min), max: limit === "" ? Infinity : Number(limit) };
}
