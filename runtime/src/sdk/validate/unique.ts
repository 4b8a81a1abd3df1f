import { Alike, work } from "./work.js";

/**
 * Whether no two items of an array are the same, as {@link equal} has it: each item is looked at once, however
 * many there are and however deep they are.
 *
 * @see JSON Schema Validation draft-07, 6.4.5
 */
export function unique(items: readonly unknown[]): boolean {
  if (items.length < 2) return true;
  return new Set(items.map(identity)).size === items.length;
}

/** @returns The same for values that are the same, within one check. */
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

/** A value in a text that tells it from all others of its check. */
function text(value: unknown): string {
  const found = identity(value);
  if (found instanceof Alike) return `#${found.id}`;
  return typeof found === "string" ? JSON.stringify(found) : String(found);
}
