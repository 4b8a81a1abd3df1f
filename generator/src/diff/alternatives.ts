import type { DocumentNode } from "../document/node.js";
import { fingerprint, nameOf, SchemaView } from "./schema-view.js";

/**
 * @returns Pairs of alternatives that are versions of each other: by content, name, fixed value, or
 * type.
 */
export function matchOptions(
  olds: readonly DocumentNode[],
  news: readonly DocumentNode[],
): readonly (readonly [DocumentNode, DocumentNode])[] {
  const matched = new Map<DocumentNode, DocumentNode>();
  const free = new Set(news);
  for (const mark of [fingerprint, nameOf, fixedValues, typesOf]) {
    for (const old of olds) {
      if (matched.has(old)) continue;
      const own = mark(old);
      const same = [...free].find((each) => own !== undefined && mark(each) === own);
      if (same === undefined) continue;
      matched.set(old, same);
      free.delete(same);
    }
  }
  return [...matched];
}

/** Properties of an alternative that can have only one value, as text. */
function fixedValues(schema: DocumentNode): string | undefined {
  const fixed = [...new SchemaView([schema]).properties].flatMap(([name, schemas]) => {
    const { values } = new SchemaView(schemas);
    return values?.size === 1 ? [`${name}=${[...values][0]}`] : [];
  });
  return fixed.length === 0 ? undefined : fixed.join();
}

function typesOf(schema: DocumentNode): string {
  return [...new SchemaView([schema]).types].join();
}
