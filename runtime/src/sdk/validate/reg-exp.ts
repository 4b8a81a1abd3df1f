/**
 * Compiles the pattern of a schema: with the flag `u`, as JSON Schema advises, else without, since
 * many patterns escape more than the flag allows.
 *
 * @throws SyntaxError
 * @see ECMA-262, 22.2.1, "Patterns"
 */
export function regExp(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(pattern);
  }
}
