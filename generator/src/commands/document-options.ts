import { dirname, relative, resolve } from "node:path";
import type { Options, Values } from "../option.js";
import type { Config } from "../workshop/config/config.js";
import { findConfig, loadConfig } from "../workshop/config/load-config.js";
import { sdkOptions } from "../workshop/config/options.js";
import { UsageError } from "./command.js";

/** The option that names the configuration. */
export const configOption = {
  type: "string",
  value: "file",
  short: "c",
  help: "path of the configuration file",
  otherwise: "the nearest alternats.config.{ts,js,mjs,json,yaml} or package.json",
} as const;

/** The option for a machine-readable report. */
export const jsonOption = {
  type: "boolean",
  help: "print the report as one line of JSON",
} as const;

/** The options of commands that read a document. */
export const documentOptions = {
  root: sdkOptions.root,
  limits: sdkOptions.limits,
  config: configOption,
} as const satisfies Options;

/** The document of a command that works with one document. */
export interface GivenDocument {
  /** The document's path; undefined where none is named. */
  readonly document: string | undefined;
  /** The folder that its references may reach; the document's own when undefined. */
  readonly root: string | undefined;
  /** Limit on the growth of the document. */
  readonly limits?: string | undefined;
  readonly config: Config;
}

/**
 * Finds the configuration and the document.
 *
 * @param given The document that the command line names.
 * @throws ConfigError
 */
export async function readGivenDocument(
  given: string | undefined,
  { root, limits, config: file }: Values<typeof documentOptions>,
): Promise<GivenDocument> {
  const loaded =
    file === undefined ? await findConfig(process.cwd()) : await loadConfig(resolve(file));
  const { document: configured } = loaded?.config ?? {};
  const found =
    loaded === undefined || configured === undefined
      ? undefined
      : relative(process.cwd(), resolve(dirname(loaded.file), configured));
  const config = loaded?.config ?? {};
  return { document: given ?? found, root, limits: limits ?? config.limits, config };
}

/**
 * Returns the error of a command without a document.
 *
 * @param line The command line that names one, without the program's name.
 */
export function unnamedDocument(line: string): UsageError {
  return new UsageError(
    `Name the AsyncAPI document: alternats-gen ${line}, or in alternats.config.ts as "document".`,
  );
}
