import type { Diagnostic } from "../diagnostics.js";
import { hiddenCharacters } from "../hidden-characters.js";

/** How a text is made to stand out; on a terminal only. */
export type Paint = (style: "error" | "warning" | "place" | "fix", text: string) => string;

const codes = { error: 31, warning: 33, place: 1, fix: 2 } as const;

/** @param colored Whether whom it is for understands colours. */
export function painter(colored: boolean): Paint {
  return (style, text) => (colored ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}

/** Writes a diagnostic: place, what is wrong, and what would mend it. */
export function formatDiagnostic(diagnostic: Diagnostic, paint: Paint): string {
  const { file, line, column, severity, code, message, fix } = diagnostic;
  const place = paint("place", `${printable(file)}:${line}:${column}`);
  const text = `${place} ${paint(severity, severity)} ${printable(message)} [${code}]`;
  return `${text}\n  ${paint("fix", printable(fix))}\n`;
}

/** All that there is to say about a run. */
export interface Summary {
  /** Whether the SDK is there, new or as it was. */
  readonly done: boolean;
  /** The SDK's folder. */
  readonly output: string;
  /** Files that are new or different, by their names within the folder. */
  readonly written: readonly string[];
  /** Files of an earlier run that the SDK no longer has. */
  readonly removed: readonly string[];
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly Diagnostic[];
  /** Why the SDK could not be written, where that was so. */
  readonly failure?: string;
}

/** Writes a summary for a program: one line of JSON. */
export function formatJson(summary: Summary): string {
  const text = JSON.stringify(summary).replace(hiddenCharacters, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `${text}\n`;
}

/** Text of the document cannot steer the terminal. */
function printable(text: string): string {
  return text.replaceAll("\n", " ").replace(hiddenCharacters, "�");
}
