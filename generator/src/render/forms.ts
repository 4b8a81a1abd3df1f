/**
 * A text that is written once and read in three forms: TypeScript, its JavaScript, and its declarations. What
 * is not in all of them is marked within the text, by control characters as in layout.ts. Marks may stand
 * within each other, and go over several lines.
 */

/** What a file is written in. */
export type Form = "ts" | "js" | "d.ts";

const marks = {
  /** For the compiler: in TypeScript and declarations. */
  types: "\u0011",
  /** What runs: in TypeScript and JavaScript. */
  code: "\u0012",
  /** What stands for what runs: in declarations. */
  declared: "\u0013",
} as const;

const END = "\u0014";

const shownIn: Readonly<Record<string, readonly Form[]>> = {
  [marks.types]: ["ts", "d.ts"],
  [marks.code]: ["ts", "js"],
  [marks.declared]: ["d.ts"],
};

/** Marks a text that is not in all forms. */
export function only(mark: keyof typeof marks, text: string): string {
  return `${marks[mark]}${text}${END}`;
}

/** A text in one form. */
export function inForm(text: string, form: Form): string {
  const open: boolean[] = [];
  let out = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are control characters.
  for (const part of text.split(/([\u0011-\u0014])/)) {
    const forms = shownIn[part];
    if (forms !== undefined) open.push(forms.includes(form));
    else if (part === END) open.pop();
    else if (!open.includes(false)) out += part;
  }
  return out;
}
