import type { Diagnostic, Diagnostics, Finding } from "../diagnostics.js";
import type { Path, SourceFile } from "./source-file.js";

/** The document of a node, as the node uses it. */
export interface NodeDocument {
  readonly diagnostics: Diagnostics;
  /** The document's own file. */
  readonly main: SourceFile;
  /** `true` for a document of AsyncAPI 2. */
  readonly isVersion2: boolean;
  /** The value that a reference stands for; the node itself if the reference has no target. */
  follow(node: DocumentNode): DocumentNode;
  /** Reports a finding about a node. */
  report(severity: Diagnostic["severity"], node: DocumentNode, finding: Finding): void;
}

/** A value of the document with its place. */
export class DocumentNode {
  /** The document of the value. */
  readonly document: NodeDocument;
  /** The file that contains the value. */
  readonly file: SourceFile;
  /** Path within the file. */
  readonly path: Path;
  /** The value itself, without following references. */
  readonly value: unknown;

  /** Creates a node for a value at a place, without copying the tree. */
  constructor(document: NodeDocument, file: SourceFile, path: Path, value: unknown) {
    this.document = document;
    this.file = file;
    this.path = path;
    this.value = value;
  }

  /** Identifier that is equal for the same place of the same file. */
  get id(): string {
    return `${this.file.path}#${this.path.map((step) => `/${escapePointer(step)}`).join("")}`;
  }

  /** The last step of the path: a property's name or an array's index. */
  get key(): string {
    return this.path.at(-1) ?? "";
  }

  /** The reference that stands in place of a value. */
  get ref(): string | undefined {
    const ref = own(this.value, "$ref");
    return typeof ref === "string" ? ref : undefined;
  }

  /** The value after following all references. */
  get target(): DocumentNode {
    return this.document.follow(this);
  }

  /** A property or item of the {@link target}, which may be a reference. */
  get(key: string): DocumentNode | undefined {
    const { target } = this;
    const value = own(target.value, key);
    return value === undefined
      ? undefined
      : new DocumentNode(target.document, target.file, [...target.path, key], value);
  }

  /** A property of the value at this place, including properties next to a `$ref`. */
  beside(key: string): unknown {
    return own(this.value, key) ?? own(this.target.value, key);
  }

  /** The properties or items of the {@link target}, in the document's order. */
  get children(): readonly DocumentNode[] {
    const { target } = this;
    if (typeof target.value !== "object" || target.value === null) return [];
    return Object.keys(target.value).flatMap((key) => this.get(key) ?? []);
  }

  /** A property's value if it is text that is not blank. */
  text(key: string): string | undefined {
    const value = this.beside(key);
    return typeof value === "string" && value.trim() !== "" ? value : undefined;
  }

  /** A property's value if it is a list of texts. */
  texts(key: string): readonly string[] {
    const value = own(this.target.value, key);
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  }

  /** Checks if the {@link target} has the property. */
  has(key: string): boolean {
    return own(this.target.value, key) !== undefined;
  }

  /** Reports a problem that stops the generation. */
  error(finding: Finding): void {
    this.document.report("error", this, finding);
  }

  /** Reports an assumption, or a part that was skipped. */
  warn(finding: Finding): void {
    this.document.report("warning", this, finding);
  }
}

/** An own property of an object, with any name, including `constructor` and `__proto__`. */
export function own(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function escapePointer(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}
