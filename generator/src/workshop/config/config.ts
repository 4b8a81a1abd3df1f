import type { ModelOptions, StreamOptions } from "../../generate-options.js";
import type { LintOptions } from "../../lint/options.js";
import type { Values } from "../../option.js";
import type { AccountConfig, RoleConfig } from "../../roles/config.js";
import type { runOptions, sdkOptions } from "./options.js";

/** Configuration of one SDK. Paths start at the configuration's folder. */
export interface SdkConfig extends Values<typeof sdkOptions> {
  /** Streams that store channels, by name, for documents that declare none. */
  readonly streams?: StreamOptions;
  /** Presets of Modelina, in a configuration that is a program. */
  readonly models?: ModelOptions;
}

/** Content of `alternats.config.*`, or of the key `alternats` of `package.json`. */
export interface Config extends SdkConfig, Values<typeof runOptions> {
  /** The address of the JSON Schema of this file, for editors. */
  readonly $schema?: string;
  /** Several SDKs. Settings next to this list are their defaults. */
  readonly sdks?: readonly SdkConfig[];
  /** Roles by their names; they replace the document's roles of the same name. */
  readonly roles?: Readonly<Record<string, RoleConfig>>;
  /** Limits and imports of a broker's accounts, by the accounts' names. */
  readonly accounts?: Readonly<Record<string, AccountConfig>>;
  /** Options of `alternats-gen lint`. */
  readonly lint?: LintOptions;
}

/**
 * Types a configuration.
 *
 * ```ts
 * // alternats.config.ts
 * import { defineConfig } from "alternats-gen";
 *
 * export default defineConfig({
 *   document: "asyncapi.yaml",
 *   sdks: [{ output: "server/sdk", role: "application" }, { output: "tools/sdk", role: "client" }],
 * });
 * ```
 */
export function defineConfig(config: Config): Config {
  return config;
}
