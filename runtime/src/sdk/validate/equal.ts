/**
 * Compares two JSON values, ignoring the order of properties.
 *
 * @see JSON Schema draft-07, 4.2.3, "Instance Equality"
 */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => equal(item, b[i]))
    );
  }
  const properties = Object.entries(a);
  return (
    properties.length === Object.keys(b).length &&
    properties.every(
      ([name, value]) =>
        Object.hasOwn(b, name) && equal(value, (b as { readonly [name: string]: unknown })[name]),
    )
  );
}
