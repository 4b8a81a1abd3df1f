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
  if (!isLarge(document)) return undefined;
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

/** Checks if the document with all references expanded has more values than every document may have. */
function isLarge(document: LoadedDocument): boolean {
  const writing = new Set<unknown>();
  let count = 0;
  const exceeds = (file: string, value: unknown, depth: number): boolean => {
    if (++count > limits.small || depth > 4 * limits.depth) return true;
    // A circle is not expanded.
    if (typeof value !== "object" || value === null || writing.has(value)) return false;
    writing.add(value);
    const { $ref: ref } = value as { readonly $ref?: unknown };
    let isOver = false;
    if (typeof ref === "string") {
      const target = document.resolve(readReference(ref, file));
      if (target !== undefined) isOver = exceeds(target.file.path, target.value, depth + 1);
    } else isOver = Object.values(value).some((child) => exceeds(file, child, depth + 1));
    writing.delete(value);
    return isOver;
  };
  return exceeds(document.main.path, document.main.value, 0);
}
