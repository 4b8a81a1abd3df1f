import type { LintOptions } from "../../lint/lint.js";
import type { DateForm, Role, Validate } from "../../model/sdk.js";
import type { StreamOptions } from "../../model/streams.js";
import type { ImportExtension, LineEnding, Target } from "../../output/form.js";

/** One SDK: a document, where it goes, and what it is to be. Paths start at the configuration's folder. */
export interface SdkConfig {
  /** The AsyncAPI document: `asyncapi.yaml`. */
  readonly document?: string;
  /** The folder that the SDK goes to; `sdk` by default. */
  readonly output?: string;
  /** The folder that the document's references may reach; the document's own by default. */
  readonly root?: string;
  /** Only what that side does; both sides by default. */
  readonly role?: Role;
  /** When messages are held against their schemas; never by default. */
  readonly validate?: Validate;
  /** What properties of the format `date-time` are; `string` by default. */
  readonly dates?: DateForm;
  /** How files of the SDK import each other: `./keys.js` by default, `./keys.ts`, or `./keys`. */
  readonly importExtension?: ImportExtension;
  /** How lines end; `lf` by default. */
  readonly lineEnding?: LineEnding;
  /** TypeScript by default; `js` is a package ready to publish: `.js`, `.d.ts` and `package.json`. */
  readonly target?: Target;
  /** The name of that package; by default the document's title and `-sdk`. */
  readonly package?: string;
  /** A folder with Handlebars templates that stand for some of `alternats-template`. */
  readonly templates?: string;
  /** Streams that keep channels, by name, for documents that do not say it. */
  readonly streams?: StreamOptions;
}

/** Operations by their ids or as the SDK calls them; `"*"` for all of them. */
export type OperationNames = string | readonly string[];

/** What parameters are bound to, by the document's names of them: a value, or several. */
export type ParameterValues = Readonly<
  Record<string, string | number | readonly (string | number)[]>
>;

/** Who uses the API; the same as under `x-alternats-roles` in the document. */
export interface RoleConfig {
  /** Who it is, for the tables of permissions. */
  readonly description?: string;
  /** The account that its users belong to; `APP` by default. */
  readonly account?: string;
  readonly publish?: OperationNames;
  readonly subscribe?: OperationNames;
  readonly request?: OperationNames;
  readonly respond?: OperationNames;
  /** The streams that it may create and change, by the document's names; `"*"` for all of them. */
  readonly streams?: OperationNames;
  /** What holds for all users of the role; a parameter that is bound nowhere has any value. */
  readonly parameters?: ParameterValues;
  /** The users by their names, each with what holds for it; one of the role's name by default. */
  readonly users?: readonly string[] | Readonly<Record<string, ParameterValues>>;
}

/** A number, or bytes as `64KB`, `1GB`; `unlimited`. */
export type Limit = number | string;

/** What an account takes over from another one, in a role's words. */
export interface ImportConfig {
  /** The operations that it listens to there. */
  readonly subscribe?: OperationNames;
  /** The operations that it requests there. */
  readonly request?: OperationNames;
  /** What parameters are bound to; one that is not has any value. */
  readonly parameters?: ParameterValues;
}

/** What an account may use at most, and what it takes over. What is not given has no limit. */
export interface AccountConfig {
  /** Connections of all its users. */
  readonly connections?: Limit;
  /** Subscriptions of one connection. */
  readonly subscriptions?: Limit;
  /** Bytes of a message. */
  readonly payload?: Limit;
  /** Bytes that its streams keep in files. */
  readonly disk?: Limit;
  /** Bytes that its streams keep in memory; without disk and memory, both 0, there is no JetStream. */
  readonly memory?: Limit;
  readonly streams?: Limit;
  readonly consumers?: Limit;
  /** What it takes over, by the names of the accounts that it comes from. */
  readonly imports?: Readonly<Record<string, ImportConfig>>;
}

/** What `alternats.config.*` holds, or the key `alternats` of `package.json`. */
export interface Config extends SdkConfig {
  /** The address of the schema by which editors help. */
  readonly $schema?: string;
  /** Several SDKs; what stands beside holds for all of them that say nothing else. */
  readonly sdks?: readonly SdkConfig[];
  /** Who uses the API, by the roles' names; they take the place of the document's of the same name. */
  readonly roles?: Readonly<Record<string, RoleConfig>>;
  /** The accounts of a broker, by their names, as far as something is to be said of them. */
  readonly accounts?: Readonly<Record<string, AccountConfig>>;
  /** Whether only errors are shown. */
  readonly quiet?: boolean;
  /** What \`alternats-gen lint\` looks for. */
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
