import { limits } from "./limits.js";
import type { LoadedDocument } from "./loaded-document.js";
import type { DocumentNode } from "./node.js";
import { holdsSchemas } from "./places.js";
import { readReference } from "./reference.js";

/**
 * Reports a document that is small in its files and huge with its references and aliases written
 * out, or whose references form chains that nothing can follow. References to schemas are not
 * counted: each schema is read once.
 *
 * @param document The document, with checked references.
 * @param allowed Number of written-out values for each value in the files.
 */
export function checkGrowth(document: LoadedDocument, allowed: number): void {
  if (hasLongChain(document)) return;
  const sizes = new Sizes(document);
  const written = sizes.of(document.root);
  const contained = contentOf(document);
  if (written <= limits.small || written <= allowed * contained) return;
  const node = sizes.heaviest(document.root);
  const name = node.path.length === 0 ? "The document" : `\`${node.path.join(".")}\``;
  node.error({
    code: "too-costly",
    message: `${name} stands for ${amount(sizes.of(node))} values with its references and aliases written out, more than ${amount(allowed)} times the ${amount(contained)} values in the files.`,
    fix: `Refer less often to large values. For a document that you trust, raise the option \`limits\` (${allowed}), or set it to \`none\`.`,
  });
}

function amount(values: number): string {
  return Number.isSafeInteger(values) ? values.toLocaleString("en") : values.toExponential(0);
}

/** Number of values in the files of a document, each counted once. */
function contentOf(document: LoadedDocument): number {
  const seen = new Set<object>();
  let count = 0;
  const open: unknown[] = document.files.map(({ value }) => value);
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === "object" && value !== null) {
      if (seen.has(value)) continue;
      seen.add(value);
      for (const child of Object.values(value)) open.push(child);
    }
    count++;
  }
  return count;
}

/** Numbers of values with references and aliases written out. */
class Sizes {
  readonly #document: LoadedDocument;
  readonly #known = new Map<unknown, { outside?: number; inSchema?: number }>();

  constructor(document: LoadedDocument) {
    this.#document = document;
  }

  /** Number of values that a node stands for. */
  of(node: DocumentNode): number {
    return this.#count(node.file.path, node.value, node.path.some(holdsSchemas));
  }

  /** The smallest part that contains half of all. */
  heaviest(root: DocumentNode): DocumentNode {
    const half = this.of(root) / 2;
    let node = root;
    for (let steps = 0; steps < limits.depth; steps++) {
      const heavy = node.children.find((child) => this.of(child) >= half);
      if (heavy === undefined) break;
      node = heavy;
    }
    return node;
  }

  #count(file: string, value: unknown, isSchema: boolean): number {
    if (typeof value !== "object" || value === null) return 1;
    const known = this.#known.get(value) ?? {};
    const kind = isSchema ? "inSchema" : "outside";
    const done = known[kind];
    if (done !== undefined) return done;
    // A circle counts once.
    known[kind] = 1;
    this.#known.set(value, known);
    let sum = 1;
    const { $ref: ref } = value as { readonly $ref?: unknown };
    if (typeof ref === "string") {
      const target = this.#document.resolve(readReference(ref, file));
      if (target !== undefined && !isSchema)
        sum += this.#count(target.file.path, target.value, target.path.some(holdsSchemas));
    }
    // Values beside a reference have no meaning, but are walked through, and may have aliases.
    for (const [key, child] of Object.entries(value))
      sum += this.#count(file, child, isSchema || holdsSchemas(key));
    known[kind] = sum;
    return sum;
  }
}

/** Reports a chain of too many references, at its first target. */
function hasLongChain(document: LoadedDocument): boolean {
  interface Open {
    readonly file: string;
    readonly children: readonly unknown[];
    next: number;
    /** Targets of the references from the start to here. */
    readonly chain: Chain | undefined;
  }
  const seen = new Set<unknown>();
  const open: Open[] = [];
  const enter = (start: string, content: unknown, before: Chain | undefined): void => {
    let [file, value, chain] = [start, content, before];
    while (typeof value === "object" && value !== null && !seen.has(value)) {
      seen.add(value);
      open.push({ file, children: Object.values(value), next: 0, chain });
      const { $ref: ref } = value as { readonly $ref?: unknown };
      const target =
        typeof ref === "string" ? document.resolve(readReference(ref, file)) : undefined;
      if (target === undefined) return;
      chain = { first: chain?.first ?? target, length: (chain?.length ?? 0) + 1 };
      file = target.file.path;
      value = target.value;
    }
  };
  enter(document.main.path, document.main.value, undefined);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { chain } = top;
    if (chain !== undefined && chain.length > limits.chain) {
      chain.first.error({
        code: "too-deep",
        message: `\`${chain.first.path.join(".")}\` begins a chain of more than ${amount(limits.chain)} references from value to value.`,
        fix: "Shorten the chain: let fewer schemas in a row refer to the next one.",
      });
      return true;
    }
    if (top.next === top.children.length) open.pop();
    else enter(top.file, top.children[top.next++], chain);
  }
  return false;
}

/** References in a row, each from within the target of the one before. */
interface Chain {
  readonly first: DocumentNode;
  readonly length: number;
}
