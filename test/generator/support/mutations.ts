/** Makes numbers from 0 to 1 that are the same in each run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Container = Record<string, unknown>;

/** Returns all objects and arrays of a value that have children. */
function containersOf(value: unknown): readonly Container[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(containersOf);
  return Object.keys(value).length === 0 ? inner : [value as Container, ...inner];
}

const others: readonly unknown[] = [null, 7, -0.5, "x", "", true, [], {}, ["x"], { x: 1 }];

/**
 * Changes a document at random: a property is removed, misspelt, moved in or of another type, or a reference leads to
 * another part of the document.
 *
 * @param document Content of the document, not changed.
 * @param seed The same seed gives the same change.
 */
export function mutated(document: unknown, seed: number): unknown {
  const copy: unknown = structuredClone(document);
  const random = randomFrom(seed * 7_919 + 17);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const containers = containersOf(copy);
  if (containers.length === 0) return copy;
  const referring = containers.filter((each) => typeof each.$ref === "string");
  const kind = pick(["remove", "misspell", "type", "type", "add", "refer"]);
  if (kind === "refer" && referring.length > 1) {
    pick(referring).$ref = pick(referring).$ref;
    return copy;
  }
  const container = pick(containers);
  const key = pick(Object.keys(container));
  const value = container[key];
  if (kind === "type") container[key] = pick(others);
  else if (kind === "add")
    container[pick(["type", "title", "required", "payload", "tags", "x-a"])] = pick(others);
  else {
    if (Array.isArray(container)) container.splice(Number(key), 1);
    else delete container[key];
    if (kind === "misspell" && !Array.isArray(container)) container[`${key}s`] = value;
  }
  return copy;
}
