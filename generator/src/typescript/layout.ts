import { elementEnd, type Token, tokensOf } from "./tokens.js";

/**
 * Breaks the lines of finished TypeScript at 80 columns, as prettier does. It reads the part of the language that
 * the templates use, and does not change anything else. A brace whose content begins on the next line keeps its
 * lines. The content of all other brackets is joined to one line, and broken if the line is too long. The rules are
 * those of prettier's printer, after Wadler, "A prettier printer".
 */

const WIDTH = 80;
const STEP = 2;

/** Text with the places where it may break. */
type Doc =
  | string
  | readonly Doc[]
  /** A space or nothing; a new line if its group is broken. */
  | { readonly kind: "line"; readonly flat: string }
  | { readonly kind: "group"; readonly doc: Doc }
  | { readonly kind: "indent"; readonly doc: Doc }
  | { readonly kind: "ifBroken"; readonly doc: Doc }
  /** An assigned value: on a new line if not even its beginning fits. */
  | { readonly kind: "fluid"; readonly doc: Doc }
  /** Arguments; the last one may begin on the line of the call. */
  | { readonly kind: "hug"; readonly head: Doc; readonly last: Doc }
  /** Finished lines in braces; the last one ends at a column. */
  | { readonly kind: "block"; readonly text: string; readonly column: number };

const line: Doc = { kind: "line", flat: " " };
const softline: Doc = { kind: "line", flat: "" };
const group = (doc: Doc): Doc => ({ kind: "group", doc });
const indentOf = (doc: Doc): Doc => ({ kind: "indent", doc });
const ifBroken = (doc: Doc): Doc => ({ kind: "ifBroken", doc });

/** An expression. */
interface Value {
  readonly doc: Doc;
  /** `true` if it has no good place for a break, so that it moves to the next line. */
  readonly isPoor?: boolean;
  /** `true` if it stays on the line of its name. */
  readonly stays?: boolean;
}

/** The content of a brace that keeps its lines. */
type Content = "statements" | "members" | "entries";

/** The place of a type, which decides how a union looks. */
type Surroundings = "property" | "alias" | "argument" | "tuple";

/** Thrown at code that the layout does not know. */
class Unknown extends Error {}

/**
 * Breaks the lines of TypeScript.
 *
 * @param text Finished code.
 * @returns The same code in lines of at most 80 columns, if possible.
 */
export function layout(text: string): string {
  const tokens = tokensOf(text);
  return tokens === undefined ? text : layoutTokens(tokens, text, 0, tokens.length);
}

/**
 * Breaks the lines of a part of a text.
 *
 * @param tokens All tokens of the text.
 * @param start The index of the first token of the part.
 * @param end The index of the token after it.
 */
export function layoutTokens(
  tokens: readonly Token[],
  text: string,
  start: number,
  end: number,
): string {
  return new Layout(tokens, text).elements(start, end, "statements");
}

class Layout {
  readonly #tokens: readonly Token[];
  readonly #source: string;
  /** The token that is read next, and the end of its element. */
  #at = 0;
  #end = 0;

  constructor(tokens: readonly Token[], source: string) {
    this.#tokens = tokens;
    this.#source = source;
  }

  /** Writes statements, members of a type or entries of an object, and keeps their indentation. */
  elements(start: number, end: number, content: Content): string {
    let out = "";
    for (let at = start; at < end; ) {
      const { lines, spaces } = this.#tokens[at]!;
      if (at > start) out += lines === 0 ? " " : "\n".repeat(lines);
      const column = at === start || lines > 0 ? spaces : 0;
      const to = elementEnd(this.#tokens, at, end);
      out += " ".repeat(column) + this.#element(at, to, column, content);
      at = to;
    }
    return out;
  }

  #element(start: number, end: number, column: number, content: Content): string {
    const { text, fits } = this.#flat(start, end, column, content);
    if (fits) return text;
    this.#at = start;
    this.#end = end;
    try {
      const doc =
        content === "members"
          ? this.#member()
          : content === "entries"
            ? this.#entry()
            : this.#statement();
      const last = this.#text === ";" || this.#text === "," ? this.#take() : "";
      if (this.#at !== end) throw new Unknown();
      return print([doc, last], column);
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      return this.#asItIs(start, end, content);
    }
  }

  /** An unchanged element, except for the content of braces that keep their lines. */
  #asItIs(start: number, end: number, content: Content): string {
    let text = "";
    let from = this.#tokens[start]!.start;
    for (let at = start; at < end; at++) {
      if (!this.#staysOpen(at)) continue;
      text += this.#source.slice(from, this.#tokens[at]!.start);
      text += this.#block(at, this.#contentOf(at, start, content));
      at = this.#tokens[at]!.pair;
      from = this.#tokens[at]!.start + 1;
    }
    const last = this.#tokens[end - 1]!;
    return text + this.#source.slice(from, last.start + last.text.length);
  }

  /** An element that is broken only in braces that keep their lines, and `true` if it fits into them. */
  #flat(
    start: number,
    end: number,
    column: number,
    content: Content,
  ): { readonly text: string; readonly fits: boolean } {
    let text = "";
    let from = 0;
    let left = WIDTH - column;
    let depth = 0;
    let fits = true;
    const measure = (): void => {
      fits &&= widthOf(text.slice(from)) <= left;
    };
    for (let at = start; at < end; at++) {
      const token = this.#tokens[at]!;
      if (at > start) {
        if (this.#isNeedless(at)) continue;
        text += this.#gap(at);
      }
      if (token.kind === "comment" && end - start === 1) return { text: token.text, fits: true };
      if (token.text.includes("\n") || (token.text.startsWith("//") && at + 1 < end)) fits = false;
      if (!this.#staysOpen(at)) {
        text += token.text;
        if (token.pair >= 0) depth += token.pair > at ? 1 : -1;
      } else {
        // The brackets around it must be broken too, unless they hug it.
        fits &&= depth === 0;
        text += "{";
        measure();
        text += this.#block(at, this.#contentOf(at, start, content)).slice(1);
        at = token.pair;
        from = text.length - 1;
        left = WIDTH - this.#tokens[at]!.spaces;
      }
    }
    measure();
    return { text, fits };
  }

  /** Writes a brace that keeps its lines. */
  #block(open: number, content: Content): string {
    const [at, end] = [this.#at, this.#end];
    const { pair } = this.#tokens[open]!;
    const text = this.elements(open + 1, pair, content);
    [this.#at, this.#end] = [at, end];
    return `{\n${text}\n${" ".repeat(this.#tokens[pair]!.spaces)}}`;
  }

  #contentOf(open: number, start: number, content: Content): Content {
    const before = this.#tokens[open - 1];
    const head = this.#tokens.slice(start, Math.min(start + 4, open)).map(({ text }) => text);
    if (before === undefined || [")", "=>", "else", "try", "finally"].includes(before.text))
      return "statements";
    if (head.includes("interface") || head.includes("type") || before.text === "<")
      return "members";
    if (["function", "class", "namespace"].some((word) => head.includes(word))) return "statements";
    return content === "members" ? "members" : "entries";
  }

  #opens(at: number): boolean {
    return this.#tokens[at]!.pair > at;
  }

  #closes(at: number): boolean {
    const { pair } = this.#tokens[at]!;
    return pair >= 0 && pair < at;
  }

  #staysOpen(at: number): boolean {
    const { text, pair } = this.#tokens[at]!;
    return text === "{" && pair > at + 1 && this.#tokens[at + 1]!.lines > 0;
  }

  /** Checks for a comma at the end of a list, or a `|` at its beginning, which one line does not need. */
  #isNeedless(at: number): boolean {
    const { text } = this.#tokens[at]!;
    const after = this.#tokens[at + 1]?.pair ?? -1;
    if (text === "," || text === ";") return after >= 0 && after < at && !this.#staysOpen(after);
    return text === "|" && (this.#opens(at - 1) || "=:,".includes(this.#tokens[at - 1]!.text));
  }

  /** The space before a token that stays on the line of the previous one. */
  #gap(at: number): string {
    const { text, lines, spaces } = this.#tokens[at]!;
    const { text: before, pair } = this.#tokens[at - 1]!;
    if (text === "," || text === ";" || pair === at) return "";
    if (this.#opens(at - 1)) return before === "{" ? " " : "";
    if (this.#closes(at)) return text === "}" ? " " : "";
    return lines + spaces > 0 ? " " : "";
  }

  /** The text of the token that is read next; empty at the end of the element. */
  get #text(): string {
    return this.#at < this.#end ? this.#tokens[this.#at]!.text : "";
  }

  #take(): string {
    const { text } = this.#tokens[this.#at]!;
    if (this.#at >= this.#end || text.includes("\n") || text.startsWith("//")) throw new Unknown();
    this.#at++;
    return text;
  }

  #skip(text: string): boolean {
    if (this.#text !== text) return false;
    this.#at++;
    return true;
  }

  /** Reads the tokens before an index without changing them. */
  #upTo(end: number): string {
    let text = "";
    for (const start = this.#at; this.#at < end; ) {
      if (this.#staysOpen(this.#at)) throw new Unknown();
      text += (this.#at > start ? this.#gap(this.#at) : "") + this.#take();
    }
    return text;
  }

  /** The place of the first of several marks, or of the end of the enclosing brackets. */
  #find(...marks: readonly string[]): number {
    for (let at = this.#at; at < this.#end; at++) {
      if (marks.includes(this.#tokens[at]!.text) || this.#closes(at)) return at;
      if (this.#opens(at)) at = this.#tokens[at]!.pair;
    }
    throw new Unknown();
  }

  /** Reads the items in brackets. */
  #list<T>(item: () => T): T[] {
    if (!this.#opens(this.#at) || this.#staysOpen(this.#at)) throw new Unknown();
    const { pair } = this.#tokens[this.#at++]!;
    const items: T[] = [];
    while (this.#at < pair) {
      items.push(item());
      if (this.#at < pair && !this.#skip(",") && !this.#skip(";")) throw new Unknown();
    }
    this.#at++;
    return items;
  }

  /** A property of a type. */
  #member(): Doc {
    const name = this.#upTo(this.#find(":"));
    if (!this.#skip(":")) throw new Unknown();
    return [name, ": ", this.#type("property")];
  }

  /** A property of an object. */
  #entry(): Doc {
    if (this.#skip("...")) return ["...", this.#value().doc];
    const colon = this.#find(":", ",");
    if (this.#tokens[colon]!.text !== ":") return this.#value().doc;
    const name = this.#upTo(colon);
    this.#at++;
    const value = this.#value();
    // For prettier, a name of up to four columns is too short for its own line.
    return assignment(`${name}:`, name.length < STEP + 3 ? { ...value, stays: true } : value);
  }

  #statement(): Doc {
    const start = this.#at;
    while (this.#text === "export" || this.#text === "declare") this.#at++;
    const keyword = this.#text;
    const isList = this.#tokens[this.#at + 1]?.text === "{";
    this.#at = start;
    if (keyword === "import" || keyword === "{" || (keyword === "type" && isList))
      return this.#names();
    if (keyword === "type") {
      const name = this.#upTo(this.#find("="));
      this.#at++;
      const members = this.#unionMembers();
      return [name, " =", members.length > 1 ? unionOf(members, "alias") : fluid(members)];
    }
    if (keyword === "const" || (keyword === "await" && this.#tokens[start + 1]?.text === "using"))
      return this.#constant();
    if (keyword === "function") return this.#function();
    if (keyword === "if") return this.#condition();
    if (keyword === "for") return this.#loop();
    if (this.#skip("return")) return ["return ", this.#value().doc];
    const { doc } = this.#value(true);
    return this.#skip("=") ? assignment([doc, " ="], this.#value()) : doc;
  }

  /** An import or export of names. */
  #names(): Doc {
    const left = this.#upTo(this.#find("{"));
    const names = this.#list(() => this.#upTo(this.#find(",")));
    const right = this.#upTo(this.#find(";"));
    const braces = names.length === 1 ? ["{ ", names, " }"] : brackets("{", names, "}", line);
    return [left, " ", group(braces), " ", right];
  }

  #constant(): Doc {
    const name = this.#upTo(this.#find(":", "="));
    const hasType = this.#skip(":");
    const isComplex = hasType && this.#isComplexType();
    const left = hasType ? [name, ": ", this.#type("property")] : name;
    if (!this.#skip("=")) return left;
    const value = this.#value();
    return isComplex ? [left, " = ", group(value.doc)] : assignment([left, " ="], value);
  }

  /** Checks for a type with several arguments, one of which has its own arguments. */
  #isComplexType(): boolean {
    const open = this.#find("<", "=");
    const { text, pair } = this.#tokens[open]!;
    if (text !== "<") return false;
    let hasSeveral = false;
    let isNested = false;
    for (let at = open + 1; at < pair; at++) {
      hasSeveral ||= this.#tokens[at]!.text === ",";
      if (!this.#opens(at)) continue;
      const isArguments = this.#tokens[at]!.text === "<";
      at = this.#tokens[at]!.pair;
      isNested ||= isArguments && [",", ">"].includes(this.#tokens[at + 1]!.text);
    }
    return hasSeveral && isNested;
  }

  #function(): Doc {
    const name = this.#upTo(this.#find("("));
    let hasRest = false;
    const parameters = this.#list((): Doc => {
      hasRest = this.#text === "...";
      const parameter = this.#upTo(this.#find(":", "=", ","));
      const type = this.#skip(":") ? [": ", this.#type("property")] : "";
      return [parameter, type, this.#skip("=") ? [" = ", this.#value().doc] : ""];
    });
    const head = brackets("(", parameters, ")", softline, hasRest ? "" : ",");
    const type = this.#skip(":") ? [": ", this.#type("property")] : "";
    const body = this.#text === "{" ? [" ", this.#braces("statements")] : "";
    return [group([name, head, type]), body];
  }

  #condition(): Doc {
    this.#at++;
    const { pair } = this.#tokens[this.#at]!;
    if (!this.#skip("(")) throw new Unknown();
    const test = group(["(", indentOf([softline, this.#operands()]), softline, ")"]);
    if (this.#at++ !== pair) throw new Unknown();
    if (this.#text === "{") return ["if ", test, " ", this.#braces("statements")];
    return group(["if ", test, indentOf([line, this.#statement()])]);
  }

  #loop(): Doc {
    const head = this.#upTo(this.#find("("));
    this.#at++;
    const left = this.#upTo(this.#find("of"));
    if (!this.#skip("of")) throw new Unknown();
    const { doc } = this.#value();
    if (!this.#skip(")")) throw new Unknown();
    return [head, " (", left, " of ", doc, ") ", this.#braces("statements")];
  }

  /** A brace that keeps its lines. */
  #braces(content: Content): Doc {
    if (!this.#staysOpen(this.#at)) throw new Unknown();
    const text = this.#block(this.#at, content);
    const { pair } = this.#tokens[this.#at]!;
    this.#at = pair + 1;
    return { kind: "block", text, column: this.#tokens[pair]!.spaces };
  }

  #value(isStatement = false): Value {
    const start = this.#at;
    const { doc, ...value } = this.#operand(isStatement);
    if (!operators.has(this.#text)) return { doc: this.#casts(doc), ...value };
    this.#at = start;
    return { doc: group(this.#operands()), isPoor: true };
  }

  /** Operands, with the logical operators between them at the ends of lines. */
  #operands(): Doc {
    const docs = [this.#operand().doc];
    while (operators.has(this.#text)) {
      const isLogical = ["&&", "||", "??"].includes(this.#text);
      docs.push(` ${this.#take()}`, isLogical ? line : " ", this.#operand().doc);
    }
    return docs;
  }

  #casts(doc: Doc): Doc {
    const docs = [doc];
    while (this.#text === "as" || this.#text === "satisfies")
      docs.push(` ${this.#take()} `, this.#type("property"));
    return docs;
  }

  #operand(isStatement = false): Value {
    const token = this.#tokens[this.#at]!;
    if (token.kind === "comment" || prefixes.has(token.text)) {
      const prefix = this.#take();
      const { doc, ...value } = this.#operand(isStatement);
      const isPoor = prefix !== "new" && value.isPoor === true;
      return { ...value, doc: [prefix, /[\w/]$/.test(prefix) ? " " : "", doc], isPoor };
    }
    if (token.kind === "literal") {
      const isText = /^["']/.test(token.text);
      return { doc: this.#take(), isPoor: isText, stays: !isText };
    }
    if (token.text === "[")
      return {
        doc: group(
          brackets(
            "[",
            this.#list(() => this.#value().doc),
            "]",
          ),
        ),
      };
    if (token.text === "{") return { doc: this.#object() };
    if (token.text === "(") return { doc: this.#parentheses() };
    if (token.kind !== "word") throw new Unknown();
    return this.#chain(isStatement);
  }

  #object(): Doc {
    if (this.#staysOpen(this.#at)) return this.#braces("entries");
    return group(
      brackets(
        "{",
        this.#list(() => this.#entry()),
        "}",
        line,
      ),
    );
  }

  /** An arrow function, or something in parentheses. */
  #parentheses(): Doc {
    const { pair } = this.#tokens[this.#at]!;
    if (this.#tokens[pair + 1]?.text === "=>") {
      const parameters = this.#upTo(pair + 2);
      if (this.#text === "{") return [parameters, " ", this.#braces("statements")];
      return group([parameters, indentOf([line, this.#value().doc])]);
    }
    const [value = "", ...others] = this.#list(() => this.#value().doc);
    if (others.length > 0) throw new Unknown();
    return ["(", value, ")"];
  }

  /** A name with its members and calls. */
  #chain(isStatement: boolean): Value {
    const name = this.#take();
    const parts: Doc[] = [name];
    const groups: Doc[][] = [];
    // A single name fits anywhere.
    let isPoor = true;
    let isName = true;
    let last = name;
    for (;;) {
      if (this.#at >= this.#end) break;
      const { text, spaces } = this.#tokens[this.#at]!;
      if (text === "." || text === "?.") {
        last = text + this.#upTo(this.#at + 2).slice(text.length);
        const isCalled = ["(", "<"].includes(this.#text);
        if (isCalled) groups.push([last]);
        else (groups.at(-1) ?? parts).push(last);
      } else if (text === "(" || (text === "<" && this.#opens(this.#at))) {
        const types = text === "<" ? this.#typeArguments() : { doc: "", isComplex: false };
        const args = this.#arguments();
        isPoor &&= args.isShort && !types.isComplex;
        (groups.at(-1) ?? parts).push(types.doc, args.doc);
      } else if ((text === "!" || text === "[") && spaces === 0) {
        const to = text === "[" ? this.#tokens[this.#at]!.pair + 1 : this.#at + 1;
        (groups.at(-1) ?? parts).push(this.#upTo(to));
      } else break;
      isName = false;
    }
    // For prettier, a capital means a namespace or factory, whose first call stays on its line.
    const isFactory = /^\.?(?:[A-Z]|[$_]+$)/.test(parts.length > 1 ? String(parts.at(-1)) : name);
    const isMerged = isFactory || (isStatement && parts.length === 1 && name.length <= STEP);
    if (groups.length <= (isMerged ? 2 : 1))
      return { doc: [parts, groups], isPoor: isPoor && !isName };
    const [first = [], ...others] = groups;
    const head = isMerged ? [parts, first] : parts;
    const rest = isMerged ? others : groups;
    return { doc: group([head, indentOf(rest.map((each) => [softline, each]))]) };
  }

  /** The arguments of a call, and `true` if they are too short to be broken. */
  #arguments(): { readonly doc: Doc; readonly isShort: boolean } {
    const kinds: string[] = [];
    let isShort = true;
    const docs = this.#list(() => {
      const start = this.#at;
      const { doc } = this.#value();
      const { text, pair } = this.#tokens[start]!;
      const length = this.#at - start;
      isShort = length === 1 && text.length <= WIDTH / 4 && kinds.length === 0;
      const isWhole = pair === this.#at - 1 && length > 2 && (text === "{" || text === "[");
      const isFunction = text === "(" && this.#tokens[this.#at - 1]!.text === "}";
      kinds.push(isFunction ? "=>" : isWhole ? text : "");
      return doc;
    });
    const [before, last] = [kinds.at(-2), kinds.at(-1)];
    if (!last || before === last) return { doc: group(brackets("(", docs, ")")), isShort };
    const head = indentOf([softline, docs.slice(0, -1).map((doc) => [doc, ",", line])]);
    return { doc: ["(", { kind: "hug", head, last: docs.at(-1)! }, ")"], isShort };
  }

  #type(surroundings: Surroundings): Doc {
    const members = this.#unionMembers();
    return members.length > 1 ? unionOf(members, surroundings) : members;
  }

  #unionMembers(): readonly Doc[] {
    this.#skip("|");
    const members = [this.#intersection()];
    while (this.#skip("|")) members.push(this.#intersection());
    return members;
  }

  #intersection(): Doc {
    const first = this.#typeOperand();
    if (this.#text !== "&") return first;
    const others: Doc[] = [];
    while (this.#skip("&")) others.push([" &", line, this.#typeOperand()]);
    return group([first, indentOf(others)]);
  }

  #typeOperand(): Doc {
    const token = this.#tokens[this.#at]!;
    if (["typeof", "keyof", "readonly", "-"].includes(token.text)) {
      const prefix = this.#take();
      return [prefix, prefix === "-" ? "" : " ", this.#typeOperand()];
    }
    let doc: Doc;
    if (token.text === "(") doc = this.#typeInParentheses();
    else if (token.text === "[") doc = this.#tuple();
    else if (token.text === "{") doc = this.#objectType();
    else if (token.kind === "literal") doc = this.#take();
    else if (token.kind === "word") {
      let name = this.#take();
      while (this.#text === ".") name += this.#upTo(this.#at + 2);
      doc = this.#text === "<" ? [name, this.#typeArguments().doc] : name;
    } else throw new Unknown();
    while (this.#text === "[") doc = [doc, this.#upTo(this.#tokens[this.#at]!.pair + 1)];
    return doc;
  }

  #typeInParentheses(): Doc {
    const { pair } = this.#tokens[this.#at++]!;
    const members = this.#unionMembers();
    if (this.#at++ !== pair || this.#text === "=>") throw new Unknown();
    if (members.length === 1) return ["(", members, ")"];
    return [
      "(",
      group([indentOf([softline, group([ifBroken("| "), either(members)])]), softline]),
      ")",
    ];
  }

  #tuple(): Doc {
    const open = this.#at++;
    const isOnly = this.#closes(this.#find(",")) || this.#closes(this.#find(",") + 1);
    this.#at = open;
    let hasRest = false;
    const items = this.#list((): Doc => {
      hasRest = this.#skip("...");
      const type = this.#type(isOnly ? "argument" : "tuple");
      return [hasRest ? "..." : "", type, this.#skip("?") ? "?" : ""];
    });
    return group(brackets("[", items, "]", softline, hasRest ? "" : ","));
  }

  #objectType(): Doc {
    if (this.#staysOpen(this.#at)) return this.#braces("members");
    const members = this.#list(() => this.#member());
    return group(brackets("{", members, "}", line, ";", ";"));
  }

  #typeArguments(): { readonly doc: Doc; readonly isComplex: boolean } {
    const open = this.#at + 1;
    const docs = this.#list(() => this.#type("argument"));
    const inner = this.#tokens.slice(open, this.#at - 1);
    const isObject = inner[0]?.text === "{";
    const isName = inner.every(({ kind, text }, i) =>
      i % 2 === 0 ? kind === "word" : text === ".",
    );
    const isComplex =
      docs.length > 1 || isObject || inner.some(({ text }) => text === "|" || text === "&");
    const isLiteral =
      inner.at(-1)?.kind === "literal" &&
      (inner.length === 1 || (inner.length === 2 && inner[0]?.text === "-"));
    const stays = docs.length === 1 && (isName || isLiteral || isObject);
    return {
      doc: stays ? ["<", docs, ">"] : group(brackets("<", docs, ">", softline, "")),
      isComplex,
    };
  }
}

const operators = new Set(["&&", "||", "??", "&", "+", "-", "*", "<", ">", "===", "!=="]);
const prefixes = new Set(["...", "await", "new", "typeof", "void", "!", "-"]);

/** Items in brackets, on one line or each on its own line. */
function brackets(
  open: string,
  items: readonly Doc[],
  close: string,
  edge: Doc = softline,
  last = ",",
  separator = ",",
): Doc {
  if (items.length === 0) return open + close;
  const inner = items.map((item, i) => (i === 0 ? item : [separator, line, item]));
  return [open, indentOf([edge, inner, ifBroken(last)]), edge, close];
}

/** Alternatives on one line, or each on its own line. */
function either(members: readonly Doc[]): Doc {
  return members.map((member, i) => (i === 0 ? indentOf(member) : [line, "| ", indentOf(member)]));
}

function unionOf(members: readonly Doc[], surroundings: Surroundings): Doc {
  const joined = either(members);
  switch (surroundings) {
    case "tuple":
      return group([indentOf([ifBroken(["(", softline, "| "]), joined]), softline, ifBroken(")")]);
    case "argument":
      return group([ifBroken("| "), joined]);
    case "alias":
      return group(indentOf([line, group([ifBroken("| "), joined])]));
    case "property":
      return group(indentOf([softline, group([ifBroken("| "), joined])]));
  }
}

function assignment(left: Doc, { doc, isPoor = false, stays = false }: Value): Doc {
  if (stays) return [left, " ", doc];
  return [left, isPoor ? group(indentOf([line, doc])) : fluid(doc)];
}

function fluid(doc: Doc): Doc {
  return { kind: "fluid", doc };
}

/** A stack of the texts to write; the next one is last. Each has its indentation, and `true` if it is broken. */
class Pending {
  readonly docs: Doc[] = [];
  readonly indents: number[] = [];
  readonly broken: boolean[] = [];

  push(doc: Doc, indent: number, broken: boolean): void {
    this.docs.push(doc);
    this.indents.push(indent);
    this.broken.push(broken);
  }
}

/** Writes a text in lines of at most 80 columns, if possible. */
function print(doc: Doc, start: number): string {
  const pending = new Pending();
  pending.push(doc, start, true);
  /** Finished lines, and the text of the current one. */
  let lines = "";
  let out = "";
  let left = WIDTH - start;
  const fitsFlat = (doc: Doc): boolean => !hasBlock(doc) && fits(left, doc, pending);
  while (pending.docs.length > 0) {
    const doc = pending.docs.pop()!;
    const indent = pending.indents.pop()!;
    const broken = pending.broken.pop()!;
    if (typeof doc === "string") {
      out += doc;
      left -= widthOf(doc);
    } else if (!("kind" in doc)) {
      for (let i = doc.length - 1; i >= 0; i--) pending.push(doc[i]!, indent, broken);
    } else if (doc.kind === "line") {
      if (broken) {
        const done = out.trimEnd();
        if (done !== "" || lines === "") lines += `${done}\n`;
        out = " ".repeat(indent);
        left = WIDTH - indent;
      } else {
        out += doc.flat;
        left -= doc.flat.length;
      }
    } else if (doc.kind === "block") {
      out += moved(doc.text, indent - doc.column);
      left = WIDTH - indent - 1;
    } else if (doc.kind === "indent") pending.push(doc.doc, indent + STEP, broken);
    else if (doc.kind === "ifBroken") {
      if (broken) pending.push(doc.doc, indent, broken);
    } else if (doc.kind === "group") {
      pending.push(doc.doc, indent, broken && !fitsFlat(doc.doc));
    } else if (doc.kind === "fluid") {
      // Only the part before the first possible break must fit.
      const value = group(doc.doc);
      pending.push(value, indent, broken);
      const isApart = broken && !fits(left, " ", pending);
      if (isApart) pending.indents[pending.indents.length - 1] = indent + STEP;
      pending.push(line, indent + STEP, isApart);
    } else if (!broken || fitsFlat([doc.head, doc.last])) {
      pending.push([doc.head, doc.last], indent, false);
    } else {
      const last = opened(doc.last);
      pending.push(last, indent, true);
      if (!hasBlock(doc.head) && fits(left, doc.head, pending)) {
        pending.push(doc.head, indent, false);
      } else {
        pending.docs[pending.docs.length - 1] = [doc.head, indentOf([doc.last, ","]), softline];
      }
    }
  }
  return lines + out;
}

/**
 * Checks if a text fits on the line, together with the following text up to the next possible
 * break.
 */
function fits(width: number, doc: Doc, pending: Pending): boolean {
  let left = width;
  let next = pending.docs.length;
  const open: Doc[] = [doc];
  let broken = false;
  while (open.length > 0 || next > 0) {
    if (open.length === 0) {
      open.push(pending.docs[--next]!);
      broken = pending.broken[next]!;
    }
    const doc = open.pop()!;
    if (typeof doc === "string") left -= widthOf(doc);
    else if (!("kind" in doc)) for (let i = doc.length - 1; i >= 0; i--) open.push(doc[i]!);
    else if (doc.kind === "line") {
      if (broken) return true;
      left -= doc.flat.length;
    } else if (doc.kind === "block") return left >= 1;
    else if (doc.kind === "ifBroken") {
      if (broken) open.push(doc.doc);
    } else if (doc.kind === "fluid") {
      if (broken) return left >= 0;
      open.push(doc.doc, " ");
    } else if (doc.kind === "hug") open.push(doc.last, doc.head);
    else open.push(doc.doc);
    if (left < 0) return false;
  }
  return true;
}

function hasBlock(doc: Doc): boolean {
  if (typeof doc === "string") return false;
  if (!("kind" in doc)) return doc.some(hasBlock);
  if (doc.kind === "hug") return hasBlock(doc.head) || hasBlock(doc.last);
  return doc.kind === "block" || (doc.kind !== "line" && hasBlock(doc.doc));
}

/** A text that is always broken. */
function opened(doc: Doc): Doc {
  if (typeof doc === "string") return doc;
  if (!("kind" in doc)) return doc.length === 1 ? opened(doc[0]!) : doc;
  return doc.kind === "group" ? doc.doc : doc;
}

/** Indents all lines of a text except the first. */
function moved(text: string, columns: number): string {
  if (columns === 0) return text;
  return text.replace(
    /\n( *)(?=.)/g,
    (_, spaces: string) => `\n${" ".repeat(Math.max(0, spaces.length + columns))}`,
  );
}

/** Number of columns of a text: East Asian wide characters and emoji have two. */
function widthOf(text: string): number {
  if (isAscii(text)) return text.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) width += isWide(segment) ? 2 : 1;
  return width;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

function isWide(character: string): boolean {
  return /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)/u.test(
    character,
  );
}
