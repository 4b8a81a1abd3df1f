import { dirname, relative, resolve } from "node:path";
import type { Options, Values } from "../option.js";
import type { Config } from "../workshop/config/config.js";
import { findConfig, loadConfig } from "../workshop/config/load-config.js";
import { sdkOptions } from "../workshop/config/options.js";
import { type DocumentPlace, isNoFile } from "../workshop/open-document.js";
import { rootOf } from "../workshop/plan.js";
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

/** The option for a complete report. */
export const verboseOption = {
  type: "boolean",
  help: "show each place of a problem that repeats",
} as const;

/** The options of commands that read a document. */
export const documentOptions = {
  root: sdkOptions.root,
  allowNet: sdkOptions.allowNet,
  lenient: sdkOptions.lenient,
  limits: sdkOptions.limits,
  config: configOption,
} as const satisfies Options;

/** The document of a command that works with one document. */
export interface GivenDocument extends Omit<DocumentPlace, "document"> {
  /** The document; undefined where none is named. */
  readonly document: string | undefined;
  /** `true` to report errors that have no effect on an SDK as warnings. */
  readonly lenient: boolean | undefined;
  /** Limit on the growth of the document. */
  readonly limits: string | undefined;
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
  { config: file, ...values }: Values<typeof documentOptions>,
): Promise<GivenDocument> {
  const loaded =
    file === undefined ? await findConfig(process.cwd()) : await loadConfig(resolve(file));
  const config = loaded?.config ?? {};
  const seen = (path: string | undefined): string | undefined =>
    loaded === undefined || path === undefined || isNoFile(path)
      ? path
      : relative(process.cwd(), resolve(dirname(loaded.file), path)) || ".";
  const document = given ?? seen(config.document);
  const root = values.root ?? (given === undefined ? seen(config.root) : undefined);
  return {
    document,
    root: root ?? (document === undefined ? undefined : rootOf(document, loaded?.file)),
    allowNet: values.allowNet ?? config.allowNet,
    lenient: values.lenient ?? config.lenient,
    limits: values.limits ?? config.limits,
    config,
  };
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
