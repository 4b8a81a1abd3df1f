import { lintOptions } from "../../lint/options.js";
import { nearest } from "../../nearest.js";
import { type Option, type Options, refusalOf } from "../../option.js";
import { accountKeys } from "../../roles/config.js";
import { configuredLimits } from "../../roles/limits.js";
import type { Config } from "./config.js";
import { ConfigError } from "./config-error.js";
import { runOptions, sdkOptions } from "./options.js";

/**
 * Checks a configuration. Streams and roles are checked with the document, whose diagnostics report them.
 *
 * @param value Content of its file.
 * @param file The file's name, for messages.
 * @throws ConfigError that names the key, and suggests a similar one
 */
export function checkConfig(value: unknown, file: string): Config {
  const check = new Check(`${file}: `);
  const { sdks, $schema, lint, roles, accounts, streams, models, ...rest } = check.object(
    value,
    "",
  );
  check.text($schema, "$schema");
  const others = ["sdks", "$schema", "lint", "roles", "accounts", ...ownKeys];
  check.options(rest, { ...sdkOptions, ...runOptions }, "", others);
  if (roles !== undefined) check.object(roles, "roles");
  if (accounts !== undefined) check.accounts(accounts);
  check.streams(streams, "streams");
  check.models(models, "models");
  if (sdks !== undefined) {
    const list: readonly unknown[] = Array.isArray(sdks) ? sdks : [];
    if (list.length === 0) check.fail("sdks", "a list of SDKs", sdks);
    for (const [i, sdk] of list.entries()) {
      const { streams: own, models: ownModels, ...options } = check.object(sdk, `sdks[${i}]`);
      check.options(options, sdkOptions, `sdks[${i}].`, ownKeys);
      check.streams(own, `sdks[${i}].streams`);
      check.models(ownModels, `sdks[${i}].models`);
    }
  }
  if (lint !== undefined) check.options(check.object(lint, "lint"), lintOptions, "lint.");
  return value as Config;
}

/**
 * Checks the options of an SDK.
 *
 * @throws ConfigError
 */
export function checkSdkOptions({ streams, ...options }: Readonly<Record<string, unknown>>): void {
  const check = new Check("");
  check.options(options, sdkOptions, "", ["streams"]);
  check.streams(streams, "streams");
}

/** Keys of an SDK that are not options. */
const ownKeys = ["streams", "models"];

class Check {
  readonly #prefix: string;

  /** @param prefix Begin of all messages. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  fail(path: string, expected: string, value: unknown): never {
    const subject = path === "" ? "the configuration" : path;
    const shown = JSON.stringify(value) ?? String(value);
    throw new ConfigError(`${this.#prefix}${subject} is ${expected}, not ${shown}.`);
  }

  object(value: unknown, path: string): Readonly<Record<string, unknown>> {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      this.fail(path, "an object", value);
    return value as Record<string, unknown>;
  }

  text(value: unknown, path: string): void {
    if (value !== undefined && (typeof value !== "string" || value === ""))
      this.fail(path, "text", value);
  }

  streams(value: unknown, path: string): void {
    if (value === undefined) return;
    for (const [name, stream] of Object.entries(this.object(value, path)))
      this.object(stream, `${path}.${name}`);
  }

  models(value: unknown, path: string): void {
    if (value === undefined) return;
    const { presets = [], ...others } = this.object(value, path);
    for (const key of Object.keys(others)) throw this.#unknown(`${path}.`, key, ["presets"]);
    if (!Array.isArray(presets)) this.fail(`${path}.presets`, "a list of presets", presets);
    for (const [i, preset] of presets.entries()) this.object(preset, `${path}.presets[${i}]`);
  }

  accounts(value: unknown): void {
    for (const [name, account] of Object.entries(this.object(value, "accounts"))) {
      const path = `accounts.${name}.`;
      const { imports, ...limits } = this.object(account, `accounts.${name}`);
      const texts = Object.entries(limits).map(([key, limit]) => {
        return [key, typeof limit === "number" ? String(limit) : limit];
      });
      this.options(Object.fromEntries(texts), configuredLimits, path, Object.keys(accountKeys));
      if (imports !== undefined) this.object(imports, `${path}imports`);
    }
  }

  /** @param others Further keys of the object, for suggestions. */
  options(
    values: Readonly<Record<string, unknown>>,
    known: Options,
    path: string,
    others: readonly string[] = [],
  ): void {
    for (const [key, value] of Object.entries(values)) {
      const option = Object.hasOwn(known, key) ? known[key] : undefined;
      if (option === undefined) throw this.#unknown(path, key, [...Object.keys(known), ...others]);
      if (value !== undefined) this.#option(option, value, path + key);
    }
  }

  #option(option: Option, value: unknown, path: string): void {
    if (option.type === "string" && option.multiple === true) {
      if (!Array.isArray(value)) this.fail(path, "a list", value);
      for (const [i, each] of value.entries()) this.#value(option, each, `${path}[${i}]`);
    } else this.#value(option, value, path);
  }

  #value(option: Option, value: unknown, path: string): void {
    const refusal = refusalOf(option, value, path);
    if (refusal !== undefined) throw new ConfigError(this.#prefix + refusal);
  }

  #unknown(path: string, key: string, known: readonly string[]): ConfigError {
    const near = nearest(key, known);
    const keys = [...new Set(known)].sort().join(", ");
    const suggestion = near === undefined ? `There are ${keys}.` : `Did you mean "${near}"?`;
    return new ConfigError(`${this.#prefix}unknown key "${path}${key}". ${suggestion}`);
  }
}
