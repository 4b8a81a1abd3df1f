export type { Diagnostic, Place } from "./diagnostics.js";
export type { DocumentFiles } from "./document/loaded-document.js";
export {
  type GeneratedFile,
  type GenerateOptions,
  type GenerateResult,
  generate,
} from "./generate.js";
export type { Role, Validate } from "./model/sdk.js";
