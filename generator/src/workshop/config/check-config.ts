import { readLimits } from "../../accounts/read-limits.js";
import { type Option, type Options, UsageError } from "../../commands/command.js";
import { either, nearest } from "../../nearest.js";
import { accountLimitKeys } from "./account-limits.js";
import type { Config } from "./config.js";
import { configSettings, lintSettings, sdkSettings } from "./settings.js";

/**
 * Holds a configuration against what can be configured.
 *
 * @param value What its file gave.
 * @param file The file's name, for messages.
 * @throws UsageError that names the key, and the one that was probably meant
 */
export function checkConfig(value: unknown, file: string): Config {
  const check = new Check(file);
  const { sdks, $schema, lint, roles, accounts, streams, ...rest } = check.object(value, "");
  check.text($schema, "$schema");
  const others = ["sdks", "$schema", "lint", "roles", "accounts", "streams"];
  check.settings(rest, { ...sdkSettings, ...configSettings }, "", others);
  // What they say can be held against a document only.
  if (roles !== undefined) check.object(roles, "roles");
  if (accounts !== undefined) check.accounts(accounts);
  check.streams(streams, "streams");
  if (sdks !== undefined) {
    const list: readonly unknown[] = Array.isArray(sdks) ? sdks : [];
    if (list.length === 0) check.fail("sdks", "a list of SDKs", sdks);
    for (const [i, sdk] of list.entries()) {
      const { streams: own, ...settings } = check.object(sdk, `sdks[${i}]`);
      check.settings(settings, sdkSettings, `sdks[${i}].`, ["streams"]);
      check.streams(own, `sdks[${i}].streams`);
    }
  }
  if (lint !== undefined) {
    const { off, ...settings } = check.object(lint, "lint");
    check.settings(settings, lintSettings, "lint.", ["off"]);
    const rules: unknown = off ?? [];
    const list: readonly unknown[] = Array.isArray(rules)
      ? rules
      : check.fail("lint.off", "a list of rules", off);
    for (const [i, rule] of list.entries()) check.text(rule, `lint.off[${i}]`);
  }
  return value as Config;
}

class Check {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  fail(path: string, wanted: string, value: unknown): never {
    const subject = path === "" ? "the configuration" : path;
    const shown = JSON.stringify(value) ?? String(value);
    throw new UsageError(`${this.#file}: ${subject} is ${wanted}, not ${shown}.`);
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

  /** What a stream can be, is told with the document's diagnostics. */
  streams(value: unknown, path: string): void {
    if (value === undefined) return;
    for (const [name, stream] of Object.entries(this.object(value, path)))
      this.object(stream, `${path}.${name}`);
  }

  accounts(value: unknown): void {
    const known = [...accountLimitKeys, "imports"];
    for (const [name, account] of Object.entries(this.object(value, "accounts"))) {
      const path = `accounts.${name}`;
      const { imports, ...limits } = this.object(account, path);
      for (const key of Object.keys(limits))
        if (!known.includes(key)) throw this.#unknown(`${path}.`, key, known);
      readLimits(limits, `${this.#file}: ${path}.`);
      if (imports !== undefined) this.object(imports, `${path}.imports`);
    }
  }

  /** @param others Keys that are there as well, for suggestions. */
  settings(
    values: Readonly<Record<string, unknown>>,
    known: Options,
    path: string,
    others: readonly string[] = [],
  ): void {
    for (const [key, value] of Object.entries(values)) {
      const option = Object.hasOwn(known, key) ? known[key] : undefined;
      if (option === undefined) throw this.#unknown(path, key, [...Object.keys(known), ...others]);
      if (value !== undefined) this.#setting(option, value, path + key);
    }
  }

  #setting(option: Option, value: unknown, path: string): void {
    if (option.type === "boolean") {
      if (typeof value !== "boolean") this.fail(path, "true or false", value);
    } else if (option.choices !== undefined) {
      if (!option.choices.some((each) => each === value))
        this.fail(path, either(option.choices), value);
    } else this.text(value, path);
  }

  #unknown(path: string, key: string, known: readonly string[]): UsageError {
    const near = nearest(key, known);
    const suggestion =
      near === undefined ? `There are ${[...known].sort().join(", ")}.` : `Did you mean "${near}"?`;
    return new UsageError(`${this.#file}: unknown key "${path}${key}". ${suggestion}`);
  }
}
