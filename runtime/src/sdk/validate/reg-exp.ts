/**
 * Compiles the pattern of a schema: with the flag `u`, as JSON Schema recommends, otherwise without
 * it, because many patterns contain escapes that the flag does not allow.
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
