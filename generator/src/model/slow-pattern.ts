/** A part of a regular expression. */
interface Part {
  /** Whether it can be left out. */
  readonly isOptional: boolean;
  /** Whether it can be any number of times one after the other, with nothing between them. */
  readonly isLoop: boolean;
}

/** A character, a class, an assertion, a bracket or a bar, each with what repeats it. */
const tokens =
  /(\\(?:[pPu]\{[^}]{0,99}\}|k<[^>]{0,99}>|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<[^>]{0,99}>))?|\)|\||[\s\S])(\*|\+|\?|\{\d+(?:,\d*)?\})?\??/giu;

/**
 * Whether a regular expression repeats without end what is nothing but a repetition without end, as `(\w+\s?)*`
 * does: a text that nearly fits can be divided among both in twice as many ways for each character, and all of
 * them are tried. Others can be slow as well; of these it is certain.
 */
export function isSlowPattern(pattern: string): boolean {
  let isSlow = false;
  /** The alternatives of each group that is open. */
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

/** Parts in a row: a loop where one of them is and all others can be left out. */
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
