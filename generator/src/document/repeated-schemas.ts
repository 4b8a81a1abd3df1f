import { limits } from "./limits.js";
import type { LoadedDocument } from "./loaded-document.js";
import { readReference } from "./reference.js";

/**
 * Finds references that would make the parser's copy of the document too large. The parser replaces
 * every reference by a copy of its target. Thirty schemas that refer to the next one twice become a
 * billion. The parser then gets each schema only once. Examples are then checked only against their
 * own schema.
 *
 * @param document The document, with checked references.
 * @returns A function that returns `true` for a reference from a file to a schema that must be left
 * out; call it once for each. Undefined if the parser can get all references.
 */
export function repeatedSchemas(
  document: LoadedDocument,
): ((from: string, ref: string) => boolean) | undefined {
  if (writtenOut(document) <= limits.writtenOut) return undefined;
  const handedOver = new Set<string>();
  return (from, ref) => {
    const { file, path } = readReference(ref, from);
    // The parser validates these at their place.
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
 * Number of values in a document with its references expanded. A circle counts once. Infinity if
 * references refer to references more often than the maximum depth.
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
