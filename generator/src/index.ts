export type { Diagnostic, Place } from "./diagnostics.js";
export type { DocumentFiles } from "./document/loaded-document.js";
export { type GeneratedFile, type GenerateResult, generate } from "./generate.js";
