import type { Options } from "../option.js";
import { configuredLimits } from "./limits.js";

/** Operations by their ids or as the SDK names them; `"*"` for all of them. */
export type OperationNames = string | readonly string[];

/** Values of parameters, by the document's names of them: a value, or several. */
export type ParameterValues = Readonly<
  Record<string, string | number | readonly (string | number)[]>
>;

/** Permissions of a role; the same as under `x-alternats-roles` in the document. */
export interface RoleConfig {
  /** Description for the tables of permissions. */
  readonly description?: string;
  /** The account of its users; `APP` by default. */
  readonly account?: string;
  /**
   * `true` if its users share an account with others, in which everybody can do anything to
   * everybody; `false` by default for roles that only listen or are bound to values of parameters.
   */
  readonly trusted?: boolean;
  readonly publish?: OperationNames;
  readonly subscribe?: OperationNames;
  readonly request?: OperationNames;
  readonly respond?: OperationNames;
  /** The streams that it may create and change, by the document's names; `"*"` for all of them. */
  readonly streams?: OperationNames;
  /** Values of parameters for all users of the role; other parameters may have any value. */
  readonly parameters?: ParameterValues;
  /** The users by their names, each with values of parameters; one of the role's name by default. */
  readonly users?: readonly string[] | Readonly<Record<string, ParameterValues>>;
}

/** A number, or bytes as `64KB`, `1GB`; `unlimited`. */
export type Limit = number | string;

/** Subjects that an account imports from another one, written as in a role. */
export interface ImportConfig {
  /** The operations that it subscribes to. */
  readonly subscribe?: OperationNames;
  /** The operations that it requests. */
  readonly request?: OperationNames;
  /** Values of parameters; other parameters may have any value. */
  readonly parameters?: ParameterValues;
}

/** Limits and imports of an account. A limit that is not given means unlimited. */
export interface AccountConfig {
  /** Number of connections of all its users. */
  readonly connections?: Limit;
  /** Number of subscriptions of one connection. */
  readonly subscriptions?: Limit;
  /** Size of a message in bytes. */
  readonly payload?: Limit;
  /** Bytes that its streams store in files. */
  readonly disk?: Limit;
  /** Bytes that its streams store in memory; if disk and memory are 0, the account has no JetStream. */
  readonly memory?: Limit;
  /** Number of streams. */
  readonly streams?: Limit;
  /** Number of consumers. */
  readonly consumers?: Limit;
  /** Imports, by the names of the accounts that they come from. */
  readonly imports?: Readonly<Record<string, ImportConfig>>;
}

/** A key of a role, an account or an import in the configuration. */
export interface ConfigKey {
  /** Form of its value: text, a flag, operations, values of parameters, users, a limit, or imports. */
  readonly form: "text" | "flag" | "operations" | "parameters" | "users" | "limit" | "imports";
  readonly help: string;
}

type ConfigKeys<Config> = Readonly<Record<keyof Config, ConfigKey>>;

const parameters = { form: "parameters", help: "values of parameters, for all its users" } as const;

/** The keys of a role. */
export const roleKeys: ConfigKeys<RoleConfig> = {
  description: { form: "text", help: "description" },
  account: { form: "text", help: "the account of its users; APP by default" },
  trusted: {
    form: "flag",
    help: "whether its users share an account; false for roles that only listen or are bound to values",
  },
  publish: { form: "operations", help: 'the operations that it publishes; "*" for all' },
  subscribe: { form: "operations", help: 'the operations that it subscribes to; "*" for all' },
  request: { form: "operations", help: 'the operations that it requests; "*" for all' },
  respond: { form: "operations", help: 'the operations that it responds to; "*" for all' },
  streams: { form: "operations", help: 'the streams that it creates and changes; "*" for all' },
  parameters,
  users: {
    form: "users",
    help: "its users, each with values of parameters; one of the role's name by default",
  },
};

/** The keys of an import. */
export const importKeys: ConfigKeys<ImportConfig> = {
  subscribe: roleKeys.subscribe,
  request: roleKeys.request,
  parameters: { ...parameters, help: "values of parameters" },
};

/** The keys of an account. */
export const accountKeys: Readonly<Record<string, ConfigKey>> = {
  ...limitKeys(configuredLimits),
  imports: { form: "imports", help: "its imports, by the accounts that they come from" },
};

function limitKeys(options: Options): Readonly<Record<string, ConfigKey>> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { help }]) => [name, { form: "limit", help }]),
  );
}
