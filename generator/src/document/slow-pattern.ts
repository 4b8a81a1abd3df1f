/** A part of a regular expression. */
interface Part {
  /** `true` if it can be empty. */
  readonly isOptional: boolean;
  /** `true` if it can be repeated any number of times without separators. */
  readonly isLoop: boolean;
}

/** A character, a class, an assertion, a bracket or a bar, each with its quantifier. */
const tokens =
  /(\\(?:[pPu]\{[^}]{0,99}\}|k<[^>]{0,99}>|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<[^>]{0,99}>))?|\)|\||[\s\S])(\*|\+|\?|\{\d+(?:,\d*)?\})?\??/giu;

/**
 * Checks if a regular expression repeats an unbounded repetition without bound, as `(\w+\s?)*`
 * does. For a text that almost matches, the number of ways to divide it doubles with each
 * character, and all of them are tried. Other expressions can be slow as well; these certainly are.
 */
export function isSlowPattern(pattern: string): boolean {
  let isSlow = false;
  /** The alternatives of each open group. */
  const open: { alternatives: Part[][]; readonly isAssertion: boolean }[] = [
    { alternatives: [[]], isAssertion: false },
  ];
  for (const [, token = "", quantifier = ""] of pattern.matchAll(tokens)) {
    const group = open.at(-1)!;
    if (token.startsWith("(")) {
      open.push({ alternatives: [[]], isAssertion: /^\(\?<?[=!]/.test(token) });
      continue;
    }
    if (token === "|") {
      group.alternatives.push([]);
      continue;
    }
    let parts: readonly Part[] = [{ isOptional: false, isLoop: false }];
    const isGroup = token === ")" && open.length > 1;
    if (isGroup) {
      open.pop();
      if (!group.isAssertion) parts = group.alternatives.map(asOne);
    }
    const isEndless = /^(?:[*+]|\{\d+,\})$/.test(quantifier);
    const isLoop = parts.some((part) => part.isLoop);
    if (isEndless && isLoop) isSlow = true;
    open
      .at(-1)!
      .alternatives.at(-1)!
      .push({
        isOptional: /^(?:[*?]|\{0)/.test(quantifier) || parts.some((part) => part.isOptional),
        isLoop: isEndless || isLoop,
      });
  }
  return isSlow;
}

/** Combines parts in a row: a loop if one of them is a loop and all others can be empty. */
function asOne(parts: readonly Part[]): Part {
  const needed = parts.filter(({ isOptional }) => !isOptional);
  return {
    isOptional: needed.length === 0,
    isLoop:
      needed.length === 1
        ? needed[0]!.isLoop
        : needed.length === 0 && parts.some(({ isLoop }) => isLoop),
  };
}
