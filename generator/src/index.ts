export type { Diagnostic, Place } from "./diagnostics.js";
export type { DocumentFiles } from "./document/loaded-document.js";
export {
  type GeneratedFile,
  type GenerateOptions,
  type GenerateResult,
  generate,
  type Step,
} from "./generate.js";
export type { Role, Validate } from "./model/sdk.js";
export type { StreamOptions } from "./model/streams.js";
export type { ImportExtension, LineEnding, Target } from "./output/form.js";
export {
  type AccountConfig,
  type Config,
  defineConfig,
  type RoleConfig,
  type SdkConfig,
} from "./workshop/config/config.js";
