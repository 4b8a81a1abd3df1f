import { type Form, inForm } from "./forms.js";
import { usedImports } from "./imports.js";
import { layoutTokens } from "./layout.js";
import { tokensOf } from "./tokens.js";

/**
 * Finishes the text of a template: converts it to the requested form, removes unused imports, and breaks lines.
 *
 * @param source TypeScript.
 * @param empty The statement to write for a module without statements.
 */
export function finish(source: string, form: Form, empty: string): string {
  const text = form === "ts" ? source : inForm(source, form);
  const tokens = tokensOf(text);
  // A user's template may contain any text.
  if (tokens === undefined) return text;
  const imports = usedImports(tokens);
  const head = layoutTokens(tokens, text, 0, imports.start);
  const body = layoutTokens(tokens, text, imports.end, tokens.length);
  const parts = [head, imports.text, body === "" ? empty.trim() : body];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
