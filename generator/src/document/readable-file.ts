import type { Finding } from "../diagnostics.js";

/** Endings of files with schemas. */
const endings = ".json .yaml .yml .avsc .proto".split(" ");

/**
 * Reason why a file must not be read: only files with schemas are, and no hidden ones.
 *
 * @param file Path relative to the root folder.
 * @param main Path of the document, whose own folder may be hidden.
 * @returns Undefined for a file that may be read.
 */
export function unreadableName(file: string, main: string): string | undefined {
  const steps = file.split("/");
  const known = main.split("/");
  const own = steps.findIndex((step, i) => step !== known[i] || i === steps.length - 1);
  if (steps.slice(own).some((step) => step.startsWith("."))) return "has a hidden name";
  const name = steps.at(-1)?.toLowerCase() ?? "";
  return endings.some((ending) => name.endsWith(ending)) ? undefined : "is no file with schemas";
}

/** The finding about a reference to a file that must not be read. */
export function unreadableReference(ref: string, reason: string): Finding {
  return {
    code: "refused-reference",
    message: `The file of \`${ref}\` ${reason}, so it is not read.`,
    fix: `Put schemas into files whose names end with ${endings.join(", ")} and begin without a dot.`,
  };
}
