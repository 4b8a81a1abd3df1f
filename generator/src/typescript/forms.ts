import { elementEnd, type Token, tokensOf } from "./tokens.js";

/** The forms of a file: TypeScript, its JavaScript, and its declarations. */
export type Form = "ts" | "js" | "d.ts";

/** A range of tokens, and the text that replaces it. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Writes the JavaScript or the declarations of a file. It reads the part of TypeScript that the templates use:
 * imports and exports, interfaces and types, constants and functions.
 *
 * @param source TypeScript.
 * @returns The same text if its brackets do not match.
 */
export function inForm(source: string, form: "js" | "d.ts"): string {
  const tokens = tokensOf(source);
  if (tokens === undefined) return source;
  const edits: Edit[] = [];
  for (let at = 0; at < tokens.length; ) {
    const end = elementEnd(tokens, at, tokens.length);
    const statement = new Statement(tokens, at, end);
    if (statement.isIn(form))
      edits.push(...(form === "js" ? statement.code() : statement.declaration()));
    else {
      // Its doc comment is removed too.
      const hasComment = tokens[at - 1]?.kind === "comment" && tokens[at]?.lines === 1;
      edits.push({ start: hasComment ? at - 1 : at, end, text: "" });
    }
    at = end;
  }
  return edited(source, tokens, edits);
}

function edited(source: string, tokens: readonly Token[], edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const { start, end, text } of edits) {
    const last = tokens[end - 1]!;
    out += source.slice(at, tokens[start]!.start) + text;
    at = last.start + last.text.length;
  }
  return out + source.slice(at);
}

class Statement {
  readonly #tokens: readonly Token[];
  readonly #start: number;
  readonly #end: number;
  /** Its keywords up to the first name. */
  readonly #head: ReadonlySet<string>;

  constructor(tokens: readonly Token[], start: number, end: number) {
    this.#tokens = tokens;
    this.#start = start;
    this.#end = end;
    const head = new Set<string>();
    for (let at = start; at < end && keywords.has(tokens[at]!.text); at++)
      head.add(tokens[at]!.text);
    this.#head = head;
  }

  isIn(form: "js" | "d.ts"): boolean {
    const head = this.#head;
    if (form === "js") return !["type", "interface", "declare"].some((word) => head.has(word));
    return head.has("export") || !(head.has("const") || head.has("function"));
  }

  /** Removes its types. */
  code(): readonly Edit[] {
    if (this.#head.has("import")) return this.#types().map(({ start, end }) => cut(start, end));
    if (this.#head.has("export") && this.#head.size === 1) return [];
    return this.#withoutTypes(this.#start, this.#end);
  }

  /** Removes its code. */
  declaration(): readonly Edit[] {
    const { head, open } = { head: this.#head, open: this.#find("{", this.#start) };
    if (head.has("import") && !head.has("type") && open < this.#end) {
      const marks = this.#types().map(({ start }) => cut(start, start + 1));
      return [{ start: open, end: open + 1, text: "type {" }, ...marks];
    }
    if (head.has("const")) {
      const value = this.#find("=", this.#start);
      return value < this.#end ? [{ start: value, end: this.#end, text: ";" }] : [];
    }
    if (!head.has("function")) return [];
    const parameters = this.#find("(", this.#start);
    const { pair } = this.#tokens[parameters]!;
    const body = this.#body(pair);
    return [
      ...this.#parameters(parameters, (from, to, value) => {
        const edits =
          this.#tokens[from]?.text === ":" ? [{ start: from, end: from + 1, text: "?:" }] : [];
        return value < to ? [...edits, cut(value, to)] : [];
      }),
      { start: body, end: this.#end, text: ";" },
    ];
  }

  /** The types of an import, each with its comma. */
  #types(): readonly { readonly start: number; readonly end: number }[] {
    const types: { start: number; end: number }[] = [];
    const open = this.#find("{", this.#start);
    const pair = this.#tokens[open]?.pair ?? open;
    for (let at = open + 1; at < pair; ) {
      const comma = this.#find(",", at);
      const end = Math.min(comma + 1, pair);
      if (this.#tokens[at]!.text === "type") types.push({ start: at, end });
      at = end;
    }
    return types;
  }

  #withoutTypes(start: number, end: number): readonly Edit[] {
    const edits: Edit[] = [];
    let at = start;
    const leaveOut = (from: number, to: number): void => {
      if (to > from) edits.push(cut(from, to));
      at = Math.max(at, to);
    };
    while (at < end) {
      const { text, pair, spaces } = this.#tokens[at]!;
      const before = this.#tokens[at - 1]?.text;
      if (text === "const" && before !== "as") {
        const type = this.#find(":", at, "=", ";");
        at = type;
        if (this.#tokens[type]?.text === ":") leaveOut(type, this.#find("=", type, ";"));
      } else if (text === "(" && this.#isParameters(at)) {
        const parameters = this.#parameters(at, (from, _to, value) =>
          value > from ? [cut(from, value)] : [],
        );
        edits.push(...parameters);
        at = pair + 1;
        if (this.#tokens[at]?.text === ":") leaveOut(at, this.#body(pair));
      } else if (text === "<" && pair > at) leaveOut(at, pair + 1);
      else if (
        (text === "as" || text === "satisfies") &&
        before !== "." &&
        before !== "{" &&
        before !== ","
      )
        leaveOut(at, this.#find(";", at, ",", "as", "satisfies"));
      else if (text === "!" && spaces === 0 && isOperand(this.#tokens[at - 1]))
        leaveOut(at, at + 1);
      else at++;
    }
    return edits;
  }

  /** Checks if a parenthesis contains the parameters of a function. */
  #isParameters(open: number): boolean {
    const { pair } = this.#tokens[open]!;
    return this.#tokens[open - 2]?.text === "function" || this.#tokens[pair + 1]?.text === "=>";
  }

  /** @param edit Called with the places of the type, of the end of the parameter, and of its default. */
  #parameters(
    open: number,
    edit: (type: number, end: number, value: number) => readonly Edit[],
  ): readonly Edit[] {
    const { pair } = this.#tokens[open]!;
    const edits: Edit[] = [];
    for (let at = open + 1; at < pair; ) {
      const end = Math.min(this.#find(",", at), pair);
      const value = Math.min(this.#find("=", at), end);
      edits.push(...edit(Math.min(this.#find("?", at, ":"), value), end, value));
      at = end + 1;
    }
    return edits;
  }

  /** The place of the body of a function, or of an arrow. */
  #body(parameters: number): number {
    let at = parameters + 1;
    for (; at < this.#end; at++) {
      const { text, pair } = this.#tokens[at]!;
      const before = this.#tokens[at - 1]?.text ?? "";
      if (text === ";" || text === "=>" || (text === "{" && !":|&".includes(before))) break;
      if (pair > at) at = pair;
    }
    return at;
  }

  /** The place of a mark outside of brackets, or of the end of the enclosing brackets. */
  #find(mark: string, start: number, ...others: readonly string[]): number {
    for (let at = start; at < this.#end; at++) {
      const { text, pair } = this.#tokens[at]!;
      if (text === mark || others.includes(text) || (pair >= 0 && pair < at)) {
        if (at > start || text === mark) return at;
      }
      if (pair > at) at = pair;
    }
    return this.#end;
  }
}

const keywords = new Set("export import declare type interface const function async".split(" "));

function cut(start: number, end: number): Edit {
  return { start, end, text: "" };
}

function isOperand(token: Token | undefined): boolean {
  return token?.kind === "word" || token?.text === ")" || token?.text === "]";
}
