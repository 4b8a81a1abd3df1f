import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkConfig } from "./check-config.js";
import type { Config } from "./config.js";
import { ConfigError } from "./config-error.js";

const extensions = [".ts", ".js", ".mjs", ".json", ".yaml"];

/** The names that a configuration's file may have, `package.json` aside. */
export const configNames: readonly string[] = extensions.map((end) => `alternats.config${end}`);

/** A configuration and its file. */
export interface LoadedConfig {
  /** The file's path. */
  readonly file: string;
  readonly config: Config;
}

/**
 * Finds and reads the configuration: in the folder or its nearest parent with one, up to the first
 * folder with a `package.json`.
 *
 * @param folder Start of the search.
 * @returns Undefined if there is none.
 * @throws ConfigError if there are two, or if it is invalid
 */
export async function findConfig(folder: string): Promise<LoadedConfig | undefined> {
  for (let here = resolve(folder); ; here = dirname(here)) {
    const found = configNames.map((name) => join(here, name)).filter((file) => existsSync(file));
    const manifest = join(here, "package.json");
    const isRoot = existsSync(manifest);
    if (isRoot && (await packageKey(manifest)) !== undefined) found.push(manifest);
    const [file, second] = found;
    if (file !== undefined && second !== undefined)
      throw new ConfigError(`${show(file)} and ${show(second)} both are configurations. Keep one.`);
    if (file !== undefined) return loadConfig(file);
    if (isRoot || dirname(here) === here) return undefined;
  }
}

/**
 * Reads a configuration.
 *
 * @param file Its path; of a `package.json` the key `alternats` is read.
 * @throws ConfigError
 */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const shown = show(file);
  if (!existsSync(file)) throw new ConfigError(`${shown}: there is no such configuration.`);
  let value: unknown;
  try {
    value = await read(resolve(file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${shown} cannot be read: ${reason}`, { cause: error });
  }
  return { file: resolve(file), config: checkConfig(value, shown) };
}

async function read(file: string): Promise<unknown> {
  if (basename(file) === "package.json") return packageKey(file);
  const extension = extname(file);
  if (extension === ".json") return JSON.parse(await readFile(file, "utf8"));
  if (extension === ".yaml" || extension === ".yml") {
    const { parse } = await import("yaml");
    return parse(await readFile(file, "utf8"));
  }
  if (/^\.[cm]?ts$/.test(extension)) {
    const { createJiti } = await import("jiti");
    // Imports of alternats-gen work even if it is not installed next to the configuration.
    const alias = { "alternats-gen": new URL("../../index.js", import.meta.url).pathname };
    return createJiti(import.meta.url, { alias, moduleCache: false, fsCache: false }).import(file, {
      default: true,
    });
  }
  // Node.js caches modules by their addresses; the time makes a changed file another module.
  const { mtimeMs } = await stat(file);
  const { default: value } = await import(`${pathToFileURL(file).href}?${mtimeMs}`);
  return value;
}

async function packageKey(file: string): Promise<unknown> {
  const content: unknown = JSON.parse(await readFile(file, "utf8"));
  return typeof content === "object" && content !== null && "alternats" in content
    ? content.alternats
    : undefined;
}

function show(file: string): string {
  return relative(process.cwd(), file);
}
