import { type Form, inForm } from "./forms.js";
import { usedImports } from "./imports.js";
import { layoutTokens } from "./layout.js";
import { tokensOf } from "./tokens.js";

/**
 * Finishes a file that a template wrote: in the form that is asked for, with the imports that it uses, laid out.
 *
 * @param source TypeScript.
 * @param empty The statement of a module without any.
 */
export function finish(source: string, form: Form, empty: string): string {
  const text = form === "ts" ? source : inForm(source, form);
  const tokens = tokensOf(text);
  // A template of the user's may hold anything.
  if (tokens === undefined) return text;
  const imports = usedImports(tokens);
  const head = layoutTokens(tokens, text, 0, imports.start);
  const body = layoutTokens(tokens, text, imports.end, tokens.length);
  const parts = [head, imports.text, body === "" ? empty.trim() : body];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
