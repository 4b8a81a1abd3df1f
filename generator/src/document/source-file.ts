import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
} from "yaml";
import { isNestedTooDeep } from "./bracket-depth.js";
import { JsonPlaces } from "./json-places.js";
import { limits } from "./limits.js";
import { yamlValue } from "./yaml-value.js";

/** Path from a file's root to a value: property names and array indices. */
export type Path = readonly string[];

/** Reason why a text is not a document. Line and column are counted from 1. */
export class SyntaxProblem extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

/** A JSON or YAML file with the places of its values. */
export class SourceFile {
  readonly #lines = new LineCounter();
  #tree: Document.Parsed | undefined;
  #isJson = false;
  #json: JsonPlaces | undefined;

  /** Path relative to the root folder, with slashes. */
  readonly path: string;

  /** The file's text. */
  readonly text: string;

  /** The file's content as plain data. */
  readonly value: unknown;

  /**
   * @param path Path relative to the root folder, with slashes.
   * @param text The file's text.
   * @throws SyntaxProblem if the text is neither JSON nor YAML, or exceeds the limits.
   */
  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.value = this.#read();
    this.#guard();
  }

  /**
   * Finds a value's place. The place of a property is that of its name.
   *
   * @param path Path to the value. If it does not exist completely, the place of its last existing
   * part is returned.
   */
  locate(path: Path): { readonly line: number; readonly column: number } {
    if (this.#isJson) {
      if (this.#json === undefined) {
        this.#json = new JsonPlaces(this.text);
        for (let at = 0; at >= 0; at = this.text.indexOf("\n", at) + 1 || -1)
          this.#lines.addNewLine(at);
      }
      return this.#place(this.#json.offset(path));
    }
    this.#tree ??= this.#parse()[0];
    let node: unknown = this.#tree?.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const step of path) {
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === step);
        if (!isPair(pair) || !isScalar(pair.key)) break;
        offset = pair.key.range?.[0] ?? offset;
        next = pair.value;
      } else if (isSeq(node)) {
        next = node.items[Number(step)];
        if (isNode(next)) offset = next.range?.[0] ?? offset;
      }
      if (next === undefined) break;
      node = next;
    }
    return this.#place(offset);
  }

  // JSON.parse is many times faster than a YAML parser, and places are needed only for diagnostics.
  #read(): unknown {
    if (this.path.endsWith(".proto")) return this.text;
    if (/^[\s\uFEFF]*[{[]/.test(this.text)) {
      try {
        const value: unknown = JSON.parse(this.text.replace(/^\uFEFF/, ""));
        this.#isJson = true;
        return value;
      } catch (error) {
        if (error instanceof RangeError) throw this.#tooDeep();
      }
    }
    if (isNestedTooDeep(this.text)) throw this.#tooDeep();
    const value = yamlValue(this.text);
    if (value !== undefined) return value;
    try {
      this.#tree = this.#only(this.#parse());
      // Aliases become the same object, so that they take no memory.
      return this.#tree.toJS({ maxAliasCount: -1 });
    } catch (error) {
      if (error instanceof SyntaxProblem) throw error;
      if (error instanceof RangeError) throw this.#tooDeep();
      throw new SyntaxProblem(error instanceof Error ? error.message : String(error), 1, 1);
    }
  }

  #parse(): readonly Document.Parsed[] {
    const options = {
      lineCounter: this.#lines,
      prettyErrors: false,
      merge: true,
      logLevel: "silent",
    } as const;
    const all = parseAllDocuments(this.text, options);
    return "empty" in all ? [] : all;
  }

  /** @throws SyntaxProblem for no document, several documents, or one with YAML errors */
  #only([first, second]: readonly Document.Parsed[]): Document.Parsed {
    if (first === undefined) throw new SyntaxProblem("The file is empty.", 1, 1);
    if (second !== undefined) {
      const { line, column } = this.#place(second.range[0]);
      throw new SyntaxProblem(
        "The file contains more than one YAML document (`---`).",
        line,
        column,
      );
    }
    const error = first.errors[0];
    if (error !== undefined) {
      const { line, column } = this.#place(error.pos[0]);
      if (/call stack/.test(error.message)) throw this.#tooDeep();
      throw new SyntaxProblem(error.message, line, column);
    }
    return first;
  }

  /**
   * Checks depth and aliases without recursion, because the text may be nested deeper than the
   * stack.
   */
  #guard(): void {
    const depths = new Map<object, number>();
    const open: { value: object; keys: readonly string[]; next: number; depth: number }[] = [];
    const entered = new Set<object>();
    const enter = (value: object): void => {
      entered.add(value);
      open.push({ value, keys: Object.keys(value), next: 0, depth: 1 });
    };
    if (typeof this.value === "object" && this.value !== null) enter(this.value);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const key = top.keys[top.next++];
      if (key === undefined) {
        open.pop();
        entered.delete(top.value);
        depths.set(top.value, top.depth);
        const parent = open.at(-1);
        if (parent !== undefined) parent.depth = Math.max(parent.depth, top.depth + 1);
        continue;
      }
      const child = (top.value as Readonly<Record<string, unknown>>)[key];
      if (typeof child !== "object" || child === null) continue;
      if (entered.has(child)) {
        const path = open.map(({ keys, next }) => keys[next - 1] ?? "");
        const { line, column } = this.locate(path);
        throw new SyntaxProblem("An alias refers to a value that contains it.", line, column);
      }
      const known = depths.get(child);
      if (known === undefined) enter(child);
      else top.depth = Math.max(top.depth, known + 1);
      if (open.length - 1 + (known ?? 1) > limits.depth) throw this.#tooDeep();
    }
  }

  #tooDeep(): SyntaxProblem {
    return new SyntaxProblem(`Values are nested deeper than ${limits.depth} levels.`, 1, 1);
  }

  #place(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}
