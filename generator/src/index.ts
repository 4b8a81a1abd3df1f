export type { Diagnostic, Place } from "./diagnostics.js";
export type { DocumentFiles } from "./document/loaded-document.js";
export { type GenerateResult, generate, type Step } from "./generate.js";
export type {
  GenerateOptions,
  ImportExtension,
  LineEnding,
  ModelOptions,
  Role,
  StreamOptions,
  Target,
  Validate,
} from "./generate-options.js";
export type { GeneratedFile } from "./generated-file.js";
export type { AccountConfig, RoleConfig } from "./roles/config.js";
export { type Config, defineConfig, type SdkConfig } from "./workshop/config/config.js";
export { ConfigError } from "./workshop/config/config-error.js";
