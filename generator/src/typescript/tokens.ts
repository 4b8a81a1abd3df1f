/** A word, literal, comment or mark of TypeScript, with its position. */
export interface Token {
  readonly kind: "word" | "literal" | "comment" | "mark";
  readonly text: string;
  /** Its offset in the source. */
  readonly start: number;
  /** Line feeds between the previous token and this one: 0, 1, or 2 for an empty line. */
  readonly lines: number;
  /** Number of spaces before it, after the beginning of its line or the previous token. */
  readonly spaces: number;
  /** The index of the other bracket of a pair; -1 for all other tokens. */
  pair: number;
}

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "<": ">" };
const longMark = /\.\.\.|=>|===|!==|==|!=|&&|\|\||\?\?|\?\./y;
const regularExpression = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/**
 * Splits TypeScript into tokens and pairs its brackets. A `<` opens type arguments if it follows a name without a
 * space, as in formatted code.
 *
 * @returns Undefined if brackets do not match.
 */
export function tokensOf(source: string): Token[] | undefined {
  const tokens: Token[] = [];
  const open: number[] = [];
  let lines = 0;
  let lineStart = 0;
  for (let at = 0; at < source.length; ) {
    const code = source.charCodeAt(at);
    if (code <= 32) {
      at++;
      if (code === 10) {
        lines++;
        lineStart = at;
      }
      continue;
    }
    const before = tokens.at(-1);
    const [kind, end] = scan(source, at, code, before);
    const spaces = at - Math.max(lineStart, endOf(before));
    const token: Token = {
      kind,
      text: source.slice(at, end),
      start: at,
      lines: lines > 2 ? 2 : lines,
      spaces,
      pair: -1,
    };
    tokens.push(token);
    if (kind === "mark" && !pairUp(tokens, open)) return undefined;
    at = end;
    lines = 0;
  }
  return open.every((at) => tokens[at]?.text === "<") ? tokens : undefined;
}

/**
 * Finds the end of a statement, of a member or of an entry: after its `;`, after a `,` at the end of a line, or where a
 * line ends and the next one does not continue it.
 *
 * @param end The end of the enclosing brackets.
 * @returns The index of the token after it.
 */
export function elementEnd(tokens: readonly Token[], start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const { pair } = tokens[at]!;
    if (pair > at) at = pair;
    const token = tokens[at]!;
    const next = tokens[at + 1];
    if (next === undefined) break;
    if (token.text === ";" || (token.text === "," && next.lines > 0)) return at + 1;
    const isBroken = next.lines > 0 && next.text !== ";" && next.text !== ",";
    if (isBroken && !connects(token) && !connects(next)) return at + 1;
  }
  return end;
}

const connecting = new Set(["=", "=>", ":", "?", "|", "&", ".", "?.", "&&", "||", "??"]);

/** Checks if a token at the end or the beginning of a line connects it with the other line. */
function connects({ kind, text }: Token): boolean {
  return kind === "mark" && connecting.has(text);
}

/** Pairs the last token, if it is a bracket. @returns `true` if it is not a bracket, or has a matching one. */
function pairUp(tokens: readonly Token[], open: number[]): boolean {
  const at = tokens.length - 1;
  const token = tokens[at]!;
  const { text, spaces, lines } = token;
  if (text in closing) {
    if (text !== "<" || (tokens[at - 1]?.kind === "word" && spaces + lines === 0)) open.push(at);
    return true;
  }
  const closes = text === ")" || text === "]" || text === "}";
  if (!closes && text !== ">") return true;
  // An unclosed `<` is a comparison.
  while (closes && tokens[open.at(-1) ?? -1]?.text === "<") open.pop();
  const top = tokens[open.at(-1) ?? -1];
  if (top === undefined || closing[top.text] !== text) return !closes;
  top.pair = at;
  token.pair = open.pop() ?? -1;
  return true;
}

/** Finds the kind and the end of the token that begins at a place. */
function scan(
  source: string,
  at: number,
  code: number,
  before: Token | undefined,
): readonly [kind: Token["kind"], end: number] {
  if (isWordCode(code)) {
    let end = at + 1;
    while (isWordCode(source.charCodeAt(end))) end++;
    const isNumber = code >= 48 && code <= 57;
    return [isNumber ? "literal" : "word", isNumber ? numberEnd(source, end) : end];
  }
  if (code === 34 || code === 39) return ["literal", quotedEnd(source, at, code)];
  if (code === 96) return ["literal", templateEnd(source, at)];
  if (code === 47) {
    const next = source.charCodeAt(at + 1);
    if (next === 47) return ["comment", orEnd(source, source.indexOf("\n", at), 0)];
    if (next === 42) return ["comment", orEnd(source, source.indexOf("*/", at + 2), 2)];
    regularExpression.lastIndex = at;
    if (startsExpression(before) && regularExpression.test(source))
      return ["literal", regularExpression.lastIndex];
  }
  longMark.lastIndex = at;
  return ["mark", longMark.test(source) ? longMark.lastIndex : at + 1];
}

/** Letters, digits, `$`, `_`, `#`, `@`, and all characters outside of ASCII. */
function isWordCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 64 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 36 ||
    code === 35 ||
    code > 127
  );
}

function numberEnd(source: string, end: number): number {
  if (source[end] !== ".") return end;
  let at = end + 1;
  while (isWordCode(source.charCodeAt(at))) at++;
  return at;
}

function quotedEnd(source: string, start: number, quote: number): number {
  for (let at = start + 1; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === 92) at++;
    else if (code === quote || code === 10) return at + 1;
  }
  return source.length;
}

/** The end of a template literal, including nested literals. */
function templateEnd(source: string, start: number): number {
  let depth = 0;
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at];
    if (character === "\\") at++;
    else if (character === "`") {
      if (depth === 0) return at + 1;
      at = templateEnd(source, at) - 1;
    } else if (character === "$" && depth === 0 && source[at + 1] === "{") {
      depth = 1;
      at++;
    } else if (depth > 0 && character === "{") depth++;
    else if (depth > 0 && character === "}") depth--;
  }
  return source.length;
}

/** Checks if a slash after a token starts a regular expression. */
function startsExpression(before: Token | undefined): boolean {
  if (before?.kind === "mark") return !")]}".includes(before.text);
  return before === undefined || before.text === "return";
}

function endOf(token: Token | undefined): number {
  return token === undefined ? 0 : token.start + token.text.length;
}

function orEnd(source: string, at: number, length: number): number {
  return at < 0 ? source.length : at + length;
}
