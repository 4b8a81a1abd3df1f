import type Handlebars from "handlebars";
import { hiddenCharacters } from "../hidden-characters.js";
import { layout } from "../typescript/layout.js";
import { docText } from "./doc-comment.js";

/** Helpers of the templates. */
export type Helpers = Readonly<Record<string, Handlebars.HelperDelegate>>;

/** The helpers of all templates. */
export const helpers: Helpers = {
  /** Texts, separated by commas. */
  list(texts: unknown) {
    if (!Array.isArray(texts)) throw new TypeError("The helper `list` takes a list of texts.");
    return texts.join(", ");
  },
  /** Code within Markdown. */
  code: (text: unknown) => markdownCode(String(text)),
  /** A doc comment of one paragraph. */
  comment(this: unknown, { fn }: Handlebars.HelperOptions) {
    return docText(fn(this));
  },
  /** A link to another declaration, for doc comments. */
  link(this: unknown, { fn }: Handlebars.HelperOptions) {
    return `{@link ${fn(this)}}`;
  },
  /** TypeScript within another text, laid out. */
  layout(this: unknown, { fn }: Handlebars.HelperOptions) {
    return `${layout(fn(this))}\n`;
  },
};

/** Markdown code for any text. */
function markdownCode(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const space = /^`|`$/.test(text) ? " " : "";
  return `${fence}${space}${text.replace(hiddenCharacters, " ").replace(/\s+/gu, " ")}${space}${fence}`;
}
