import { Alike, work } from "./work.js";

/**
 * Checks that no two items of an array are equal according to {@link equal}. It visits each item
 * once, for any number and depth.
 *
 * @see JSON Schema Validation draft-07, 6.4.5
 */
export function unique(items: readonly unknown[]): boolean {
  if (items.length < 2) return true;
  return new Set(items.map(identity)).size === items.length;
}

/** @returns An identity that is equal for equal values, within one check. */
function identity(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { alike, alikeTo } = work();
  const known = alikeTo.get(value);
  if (known !== undefined) return known;
  const parts = Array.isArray(value)
    ? value.map(text)
    : Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, part]) => `${JSON.stringify(name)}:${text(part)}`);
  const form = `${Array.isArray(value)}${parts.join()}`;
  const same = alike.get(form) ?? new Alike(alike.size);
  alike.set(form, same);
  alikeTo.set(value, same);
  return same;
}

/** A text that is equal only for equal values of the same check. */
function text(value: unknown): string {
  const found = identity(value);
  if (found instanceof Alike) return `#${found.id}`;
  return typeof found === "string" ? JSON.stringify(found) : String(found);
}
