import { limits } from "./limits.js";
import type { LoadedDocument } from "./loaded-document.js";
import { readReference } from "./reference.js";

/**
 * The parser writes a document out: every reference becomes what it refers to, as often as it is referred to.
 * Thirty schemas that hold the next one twice become a thousand million. Such a document is handed to it with
 * each schema once; what is lost are examples that are held against more than their own schema.
 *
 * @param document The document, its references checked.
 * @returns Whether a reference from a file to a schema is to be left out, which is to be asked once of each;
 * undefined for a document of which the parser can have all.
 */
export function repeatedSchemas(
  document: LoadedDocument,
): ((from: string, ref: string) => boolean) | undefined {
  if (writtenOut(document) <= limits.writtenOut) return undefined;
  const handedOver = new Set<string>();
  return (from, ref) => {
    const { file, path } = readReference(ref, from);
    // The parser judges these where they stand.
    const [components, schemas] = path;
    const isComponent = components === "components" && schemas === "schemas" && path.length === 3;
    if (file === document.main.path && isComponent) return true;
    const id = [file, ...path].join("\n");
    if (handedOver.has(id)) return true;
    handedOver.add(id);
    return false;
  };
}

/**
 * How many values a document has with its references written out; a circle counts once. Infinity where
 * references lead to references further than a document may nest.
 */
function writtenOut(document: LoadedDocument): number {
  const known = new Map<unknown, number>();
  const count = (file: string, value: unknown, followed: number): number => {
    if (typeof value !== "object" || value === null) return 1;
    if (followed > limits.depth) return Number.POSITIVE_INFINITY;
    const done = known.get(value);
    if (done !== undefined) return done;
    known.set(value, 1);
    const { $ref: ref } = value as { readonly $ref?: unknown };
    let sum = 1;
    if (typeof ref === "string") {
      const target = document.resolve(readReference(ref, file));
      if (target !== undefined) sum = count(target.file.path, target.value, followed + 1);
    } else for (const child of Object.values(value)) sum += count(file, child, followed);
    known.set(value, sum);
    return sum;
  };
  return count(document.main.path, document.main.value, 0);
}
