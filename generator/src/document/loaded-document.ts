import type { Diagnostic, Diagnostics, Finding } from "../diagnostics.js";
import { limits } from "./limits.js";
import { DocumentNode, type NodeDocument } from "./node.js";
import { hasNoEffect, holdsData, isNamedByAuthor } from "./places.js";
import { unreadableName, unreadableReference } from "./readable-file.js";
import { isWebAddress, type Reference, readReference } from "./reference.js";
import { type Path, SourceFile, SyntaxProblem } from "./source-file.js";

/**
 * Source of the files of a document. A file that it refuses to read is not part of the document.
 */
export interface DocumentFiles {
  /** Path of the main file, relative to the root folder, with slashes; or its address. */
  readonly main: string;
  /** `true` to read references to addresses (`http:`, `https:`) as well. */
  readonly allowNet?: boolean;
  /**
   * Reads one file.
   *
   * @param path Path relative to the root folder, never outside of it; or an address.
   * @param maxBytes Maximum size; a larger file rejects.
   * @returns The text; rejects with the reason if there is none.
   */
  read(path: string, maxBytes: number): Promise<string>;
}

/** All files of a document, with checked references. */
export class LoadedDocument implements NodeDocument {
  readonly #files = new Map<string, SourceFile>();
  readonly #following = new Set<string>();
  /** Targets of references that have been followed, by file and reference. */
  readonly #targets = new Map<string, DocumentNode | "none">();
  #bytes = 0;

  /** Diagnostics of this document. */
  readonly diagnostics: Diagnostics;

  /** The root of the main file. */
  readonly root: DocumentNode;

  private constructor(diagnostics: Diagnostics, main: SourceFile) {
    this.diagnostics = diagnostics;
    this.#files.set(main.path, main);
    this.#bytes = main.text.length;
    this.root = new DocumentNode(this, main, [], main.value);
  }

  /**
   * Reads a document with every file that it refers to.
   *
   * @param lenient `true` to warn of references that have no effect on an SDK.
   *
   * @returns Undefined if the main file cannot be read; the diagnostics contain the reason.
   */
  static async load(
    files: DocumentFiles,
    diagnostics: Diagnostics,
    lenient = false,
  ): Promise<LoadedDocument | undefined> {
    const place = { file: files.main, line: 1, column: 1 };
    let text: string;
    try {
      text = await files.read(files.main, limits.bytes);
    } catch (error) {
      diagnostics.add({ severity: "error", ...place, ...unreadable(files.main, error) });
      return undefined;
    }
    const main = parse(files.main, text, diagnostics);
    if (main === undefined) return undefined;
    const document = new LoadedDocument(diagnostics, main);
    await document.#loadReferences(files, lenient);
    return document;
  }

  /** The main file. */
  get main(): SourceFile {
    return this.root.file;
  }

  /** `true` for a document of AsyncAPI 2. */
  get isVersion2(): boolean {
    return this.root.text("asyncapi")?.startsWith("2.") ?? false;
  }

  /** All files; the main file is the first. */
  get files(): readonly SourceFile[] {
    return [...this.#files.values()];
  }

  /** A loaded file. */
  file(path: string): SourceFile | undefined {
    return this.#files.get(path);
  }

  /** The value that a reference refers to; the node itself if the reference cannot be resolved. */
  follow(node: DocumentNode): DocumentNode {
    if (node.ref === undefined) return node;
    const visited: string[] = [];
    // Within another reference's path, a circle may exist only from there.
    const isOutermost = this.#following.size === 0;
    let found: DocumentNode | undefined;
    try {
      found = this.#targetOf(node, visited);
    } finally {
      for (const id of visited) this.#following.delete(id);
    }
    if (found !== undefined || isOutermost)
      for (const id of visited) this.#targets.set(id, found ?? "none");
    return found ?? node;
  }

  /** @param visited Gets each reference on the way. */
  #targetOf(node: DocumentNode, visited: string[]): DocumentNode | undefined {
    let target = node;
    for (let ref = target.ref; ref !== undefined; ref = target.ref) {
      const id = `${target.file.path}\n${ref}`;
      const known = this.#targets.get(id);
      if (known !== undefined) return known === "none" ? undefined : known;
      if (this.#following.has(id)) return undefined;
      this.#following.add(id);
      visited.push(id);
      const next = this.resolve(readReference(ref, target.file.path));
      if (next === undefined) return undefined;
      target = next;
    }
    return target;
  }

  /**
   * Reads the document. An overflow of the stack becomes a diagnostic as well.
   *
   * @returns Undefined if schemas are nested deeper than the stack.
   */
  withinStack<T>(action: (root: DocumentNode) => T): T | undefined {
    try {
      return action(this.root);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.root.error({
        code: "too-deep",
        message: "Schemas contain each other in chains that are too long to follow.",
        fix: "Shorten the chains of `allOf`, `oneOf` and `anyOf`.",
      });
      return undefined;
    }
  }

  /** Reports a finding about a reference, at the place of the reference. */
  #reportReference(severity: Diagnostic["severity"], node: DocumentNode, finding: Finding): void {
    const place = new DocumentNode(this, node.file, [...node.path, "$ref"], node.ref);
    this.report(severity, place, finding);
  }

  /** Reports a finding about a node. */
  report(severity: Diagnostic["severity"], node: DocumentNode, finding: Finding): void {
    this.diagnostics.add({
      severity,
      file: node.file.path,
      ...node.file.locate(node.path),
      ...finding,
    });
  }

  /** The target of a reference, which may be a reference itself; undefined if it does not exist. */
  resolve({ file, path }: Reference): DocumentNode | undefined {
    const source = file === undefined ? undefined : this.#files.get(file);
    if (source === undefined) return undefined;
    let node: DocumentNode | undefined = new DocumentNode(this, source, [], source.value);
    for (const step of path) node = node?.get(step);
    return node;
  }

  async #loadReferences(files: DocumentFiles, lenient: boolean): Promise<void> {
    const found: { readonly node: DocumentNode; readonly foreign: boolean }[] = [];
    const broken = new Set<string>();
    for (const source of this.#files.values()) {
      // The iteration of a Map includes entries that are added during it.
      const references = [...findReferences(this, source)].map((each) => {
        return { ...each, foreign: each.foreign || (lenient && hasNoEffect(each.node.path)) };
      });
      found.push(...references);
      for (const { node, foreign } of references) {
        const ref = node.ref ?? "";
        const { file } = readReference(ref, source.path);
        if (file !== undefined && this.#files.has(file)) continue;
        const finding = this.#refusal(ref, file, files);
        if (finding !== undefined)
          this.#reportReference(foreign ? "warning" : "error", node, finding);
        if (finding !== undefined || !(await this.#loadFile(files, file ?? "", node, foreign)))
          broken.add(node.id);
      }
    }
    const circles = new Map<string, boolean>();
    for (const { node, foreign } of found) {
      if (broken.has(node.id) || node.target.ref === undefined) continue;
      const circular = this.#isCircular(node, circles);
      this.#reportReference(
        foreign ? "warning" : "error",
        node,
        circular ? onlyReferences : unresolved(node.ref ?? ""),
      );
    }
  }

  #refusal(ref: string, file: string | undefined, files: DocumentFiles): Finding | undefined {
    if (file === undefined) return refused(ref);
    if (isWebAddress(file)) return files.allowNet === true ? undefined : onTheNetwork(ref);
    const reason = unreadableName(file, files.main);
    return reason === undefined ? undefined : unreadableReference(ref, reason);
  }

  async #loadFile(
    files: DocumentFiles,
    path: string,
    node: DocumentNode,
    foreign: boolean,
  ): Promise<boolean> {
    if (this.#files.size >= limits.files) {
      this.#reportReference("error", node, {
        code: "too-many-files",
        message: `The document refers to more than ${limits.files} files.`,
        fix: "Bundle the document into fewer files.",
      });
      return false;
    }
    let text: string;
    try {
      text = await files.read(path, limits.bytes - this.#bytes);
    } catch (error) {
      this.#reportReference(
        foreign ? "warning" : "error",
        node,
        unreadable(node.ref ?? path, error),
      );
      return false;
    }
    this.#bytes += text.length;
    const source = parse(path, text, this.diagnostics, true);
    if (source === undefined) return false;
    if (!foreign && !isSchema(source.value)) {
      this.#reportReference("error", node, noSchema(node.ref ?? ""));
      return false;
    }
    this.#files.set(path, source);
    return true;
  }

  /** Checks if the references form a circle without a value. */
  #isCircular(node: DocumentNode, known: Map<string, boolean>): boolean {
    const seen = new Set<string>();
    let isCircular = false;
    for (let next: DocumentNode | undefined = node; next?.ref !== undefined; ) {
      const { id } = next;
      isCircular = seen.has(id) || known.get(id) === true;
      if (isCircular || known.has(id)) break;
      seen.add(id);
      next = this.resolve(readReference(next.ref, next.file.path));
    }
    for (const id of seen) known.set(id, isCircular);
    return isCircular;
  }
}

/** @param isReferred `true` for a file that may contain anything, which messages must not quote. */
function parse(
  path: string,
  text: string,
  diagnostics: Diagnostics,
  isReferred = false,
): SourceFile | undefined {
  try {
    return new SourceFile(path, text);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const { message, line, column } = error;
    diagnostics.add({
      severity: "error",
      code: "syntax",
      file: path,
      line,
      column,
      message: isReferred ? message.replace(/\s*[:"'`{[].*$/s, ".") : message,
      fix: "Make the file one well-formed JSON or YAML document within the limits.",
    });
    return undefined;
  }
}

function* findReferences(
  document: LoadedDocument,
  file: SourceFile,
): Generator<{ readonly node: DocumentNode; readonly foreign: boolean }> {
  const open: { path: Path; value: unknown; named: boolean; foreign: boolean }[] = [
    { path: [], value: file.value, named: false, foreign: false },
  ];
  const seen = new Set<unknown>();
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    const { path, value, named } = here;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    const node = new DocumentNode(document, file, path, value);
    const format = node.ref === undefined ? node.text("schemaFormat") : undefined;
    const foreign = here.foreign || (format !== undefined && !isJsonSchemaFormat(format));
    if (node.ref !== undefined) yield { node, foreign };
    for (const [key, child] of Object.entries(value).reverse()) {
      if (!named && holdsData(key)) continue;
      open.push({
        path: [...path, key],
        value: child,
        named: !named && isNamedByAuthor(key),
        foreign,
      });
    }
  }
}

/**
 * Checks for the formats of AsyncAPI, JSON Schema and OpenAPI, which are all read in the same way.
 */
export function isJsonSchemaFormat(format: string): boolean {
  return /^application\/(?:vnd\.aai\.asyncapi|vnd\.oai\.openapi|schema)(?:\+(?:json|yaml))?\s*(?:;|$)/i.test(
    format,
  );
}

const onlyReferences: Finding = {
  code: "circular-reference",
  message: "The references form a circle without a value.",
  fix: "Replace one `$ref` by a schema or an object.",
};

function unresolved(ref: string): Finding {
  return {
    code: "unresolved-reference",
    message: `The target of \`${ref}\` does not exist.`,
    fix: "Correct the reference, or add its target.",
  };
}

function refused(ref: string): Finding {
  if (ref.includes("\\"))
    return {
      code: "refused-reference",
      message: `\`${ref}\` contains a backslash: references are URLs, also on Windows.`,
      fix: `Write it with slashes: \`${ref.replaceAll("\\", "/")}\`.`,
    };
  return {
    code: "refused-reference",
    message: `\`${ref}\` leads out of the root folder, so it is not read.`,
    fix: "Copy the file into it, or set the option `root` to the folder that contains all files.",
  };
}

function onTheNetwork(ref: string): Finding {
  return {
    code: "refused-reference",
    message: `\`${ref}\` is an address of the network, so it is not read.`,
    fix: "Set the option `allowNet` (`--allow-net`), or copy the file.",
  };
}

/** Checks for a value that can contain schemas, or is one. */
function isSchema(value: unknown): boolean {
  return typeof value === "boolean" || (typeof value === "object" && value !== null);
}

function noSchema(ref: string): Finding {
  return {
    code: "no-schema",
    message: `The file of \`${ref}\` contains no schema.`,
    fix: "Correct the reference, or write a JSON or YAML object into the file.",
  };
}

function unreadable(file: string, error: unknown): Finding {
  return {
    code: "unreadable-file",
    message: `\`${file}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    fix: "Check the path and the file's permissions.",
  };
}
