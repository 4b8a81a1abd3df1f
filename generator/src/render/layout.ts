/**
 * Fits text into 80 columns as prettier does. Where a line may break is marked within the text, by
 * control characters, which can stand neither in TypeScript source nor in our literals: so that templates,
 * Modelina and plain functions can all build the same text from strings.
 *
 * Each line of the text is fitted for itself; the spaces in front of it are its indentation. The rules
 * are those of prettier's own printer, after Wadler, "A prettier printer".
 */

const GROUP = "\u0001";
const INDENT = "\u0002";
const IF_BROKEN = "\u0003";
const FLUID = "\u0004";
const HUG = "\u0005";
const HUG_LAST = "\u0006";
const END = "\u000e";
const LINE = "\u000f";
const SOFT = "\u0010";

const WIDTH = 80;
const STEP = 2;

/** A space, or a new line where the group around it does not fit. */
export const line = LINE;

/** Nothing, or a new line where the group around it does not fit. */
export const softline = SOFT;

/** Text whose lines break all or none. */
export function group(text: string): string {
  return `${GROUP}${text}${END}`;
}

/** Text whose new lines stand two columns further in. */
export function indent(text: string): string {
  return `${INDENT}${text}${END}`;
}

/** Text that is there only where the group around it does not fit. */
export function ifBroken(text: string): string {
  return `${IF_BROKEN}${text}${END}`;
}

/** What is assigned: on a new line where not even its beginning fits. */
export function fluid(text: string): string {
  return `${FLUID}${text}${END}`;
}

/** Things in brackets, on one line or each on its own. */
export function list(
  open: string,
  items: readonly string[],
  close: string,
  { spaced = false, comma = true } = {},
): string {
  if (items.length === 0) return open + close;
  const edge = spaced ? line : softline;
  const inner = edge + items.join(`,${line}`) + (comma ? ifBroken(",") : "");
  return group(`${open}${indent(inner)}${edge}${close}`);
}

/**
 * An entry of an object literal.
 *
 * @param isWhole Whether the value has no good place to break at.
 */
export function entry(name: string, value: string, isWhole = false): string {
  // Plain, it would set the object's prototype.
  const key = name === "__proto__" ? '["__proto__"]' : name;
  return `${key}:${isWhole ? below(value) : fluid(value)}`;
}

/** An object literal. */
export function object(entries: readonly string[]): string {
  return list("{", entries, "}", { spaced: true });
}

/** An object type. */
export function objectType(members: readonly string[]): string {
  return group(`{${indent(line + members.join(`;${line}`) + ifBroken(";"))}${line}}`);
}

/** What is assigned: on a new line where not all of it fits. */
export function below(text: string): string {
  return group(indent(line + text));
}

/** A call; a last argument that is an object or a list begins on the call's own line where that fits. */
export function call(callee: string, args: readonly string[]): string {
  const last = args.at(-1);
  const before = args.slice(0, -1);
  const bracket = (text: string | undefined): string | undefined =>
    ["{", "["].find((each) => text?.startsWith(GROUP + each));
  const own = bracket(last);
  if (last === undefined || own === undefined || bracket(before.at(-1)) === own)
    return callee + list("(", args, ")");
  const head = before.map((arg) => `${arg},${line}`).join("");
  return `${callee}(${HUG}${indent(softline + head)}${HUG_LAST}${last}${END})`;
}

/** Type arguments; a single name stays where it is. */
export function typeArguments(args: readonly string[]): string {
  if (args.length === 0) return "";
  const [only = ""] = args;
  const stays =
    args.length === 1 && (/^[\p{ID_Continue}$.]+$/u.test(only) || only.startsWith(`${GROUP}{`));
  return stays ? `<${only}>` : list("<", args, ">", { comma: false });
}

/** Whether a text can break. */
export function hasMark(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are control characters.
  return /[\u0001-\u0006\u000e-\u0010]/.test(text);
}

/** Takes the marks out of a text, and breaks its lines where they would be too long. */
export function fit(text: string): string {
  return text
    .split("\n")
    .map((each) => (hasMark(each) ? fitLine(each) : each))
    .join("\n");
}

type Node =
  | string
  | { readonly kind: "line"; readonly flat: string }
  | { readonly kind: "group"; readonly parts: readonly Node[] }
  | { readonly kind: "indent"; readonly parts: readonly Node[] }
  | { readonly kind: "ifBroken"; readonly parts: readonly Node[] }
  | { readonly kind: "fluid"; readonly parts: readonly Node[] }
  | { readonly kind: "hug"; readonly head: readonly Node[]; readonly last: readonly Node[] };

interface Command {
  readonly indent: number;
  readonly broken: boolean;
  readonly node: Node;
}

const kinds = {
  [GROUP]: "group",
  [INDENT]: "indent",
  [IF_BROKEN]: "ifBroken",
  [FLUID]: "fluid",
} as const;

/** Reads nodes until the mark that ends them. */
function parse(tokens: Iterator<string>): {
  readonly nodes: Node[];
  readonly end: string | undefined;
} {
  const nodes: Node[] = [];
  for (let { value, done } = tokens.next(); !done; { value, done } = tokens.next()) {
    const token: string = value;
    if (token === END || token === HUG_LAST) return { nodes, end: token };
    if (token === LINE || token === SOFT)
      nodes.push({ kind: "line", flat: token === LINE ? " " : "" });
    else if (token === HUG)
      nodes.push({ kind: "hug", head: parse(tokens).nodes, last: parse(tokens).nodes });
    else if (token in kinds)
      nodes.push({ kind: kinds[token as keyof typeof kinds], parts: parse(tokens).nodes });
    else nodes.push(token);
  }
  return { nodes, end: undefined };
}

function fitLine(text: string): string {
  const start = /^ */.exec(text)?.[0].length ?? 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are control characters.
  const tokens = text.split(/([\u0001-\u0006\u000e-\u0010])/).filter((token) => token !== "");
  const { nodes } = parse(tokens[Symbol.iterator]());
  const commands: Command[] = reversed(nodes).map((node) => ({
    indent: start,
    broken: true,
    node,
  }));
  let out = "";
  let column = 0;
  const push = (nodes: readonly Node[], indent: number, broken: boolean): void => {
    for (const node of reversed(nodes)) commands.push({ indent, broken, node });
  };
  for (let command = commands.pop(); command !== undefined; command = commands.pop()) {
    const { indent, broken, node } = command;
    const fits = (nodes: readonly Node[]): boolean => fitsWithin(WIDTH - column, nodes, commands);
    if (typeof node === "string") {
      out += node;
      column += widthOf(node);
    } else if (node.kind === "line") {
      if (broken) {
        out = `${out.trimEnd()}\n${" ".repeat(indent)}`;
        column = indent;
      } else {
        out += node.flat;
        column += node.flat.length;
      }
    } else if (node.kind === "indent") push(node.parts, indent + STEP, broken);
    else if (node.kind === "ifBroken") {
      if (broken) push(node.parts, indent, broken);
    } else if (node.kind === "group") push(node.parts, indent, broken && !fits([node]));
    else if (node.kind === "fluid") {
      const space: Node = { kind: "line", flat: " " };
      // Only as much as cannot break has to fit: what follows may still be broken.
      const apart =
        broken &&
        !fitsWithin(
          WIDTH - column,
          [" "],
          [...commands, { indent, broken, node: { kind: "group", parts: node.parts } }],
        );
      push([{ kind: "group", parts: node.parts }], apart ? indent + STEP : indent, broken);
      push([space], indent + STEP, apart);
    } else if (!broken || fits([...node.head, ...node.last])) {
      push([...node.head, ...node.last], indent, false);
    } else if (fitsHugged(node.head, node.last, WIDTH - column)) {
      push(unwrap(node.last), indent, true);
      push(node.head, indent, false);
    } else {
      push([{ kind: "line", flat: "" }], indent, true);
      push([...node.head, { kind: "indent", parts: [...node.last, ","] }], indent, true);
    }
  }
  return out;
}

/** Whether nodes fit flat, together with what follows them up to the next place that may break. */
function fitsWithin(width: number, nodes: readonly Node[], rest: readonly Command[]): boolean {
  let left = width;
  let next = rest.length;
  const open = reversed(nodes).map((node) => ({ broken: false, node }));
  for (;;) {
    const entry = open.pop() ?? rest[--next];
    if (entry === undefined) return true;
    const { node, broken } = entry;
    if (typeof node === "string") left -= widthOf(node);
    else if (node.kind === "line") {
      if (broken) return true;
      left -= node.flat.length;
    } else if (node.kind === "ifBroken") {
      if (broken) open.push(...reversed(node.parts).map((part) => ({ broken, node: part })));
    } else if (node.kind === "fluid") {
      if (broken) return left >= 0;
      open.push(...reversed([" ", ...node.parts]).map((part) => ({ broken, node: part })));
    } else {
      const parts = node.kind === "hug" ? [...node.head, ...node.last] : node.parts;
      open.push(...reversed(parts).map((part) => ({ broken, node: part })));
    }
    if (left < 0) return false;
  }
}

/** Whether all but the last argument fit on the line, with the bracket that opens the last one. */
function fitsHugged(head: readonly Node[], last: readonly Node[], width: number): boolean {
  const rest = unwrap(last).map((node) => ({ indent: 0, broken: true, node }));
  return fitsWithin(width, head, rest.reverse());
}

/** The parts of a single group, to be broken whatever their width. */
function unwrap(nodes: readonly Node[]): readonly Node[] {
  const [only] = nodes;
  return nodes.length === 1 && typeof only === "object" && only.kind === "group"
    ? only.parts
    : nodes;
}

function reversed<T>(items: readonly T[]): T[] {
  return [...items].reverse();
}

/** Columns of a text: East Asian wide characters and emoji take two. */
function widthOf(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII begins with them.
  if (/^[\u0000-\u007f]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) width += isWide(segment) ? 2 : 1;
  return width;
}

function isWide(character: string): boolean {
  return /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)/u.test(
    character,
  );
}
