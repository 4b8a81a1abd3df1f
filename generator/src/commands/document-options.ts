import { dirname, relative, resolve } from "node:path";
import type { Config } from "../workshop/config/config.js";
import { findConfig, loadConfig } from "../workshop/config/load-config.js";
import { type Options, UsageError, type Values } from "./command.js";

/** The options of commands that read a document. */
export const documentOptions = {
  root: {
    type: "string",
    value: "folder",
    help: "the folder that the document's references may reach; the document's own by default",
  },
  config: {
    type: "string",
    value: "file",
    short: "c",
    help: "the configuration; alternats.config.{ts,js,mjs,json,yaml} or package.json by default",
  },
} as const satisfies Options;

/** What a command that works with one document was given. */
export interface GivenDocument {
  /** The document's path; undefined where none is named. */
  readonly document: string | undefined;
  /** The folder that its references may reach; the document's own when undefined. */
  readonly root: string | undefined;
  readonly config: Config;
}

/**
 * Finds the configuration, and the one document that a command is about.
 *
 * @param given The document that the command line names.
 * @throws UsageError about the configuration
 */
export async function readGivenDocument(
  given: string | undefined,
  { root, config: file }: Values<typeof documentOptions>,
): Promise<GivenDocument> {
  const loaded =
    file === undefined ? await findConfig(process.cwd()) : await loadConfig(resolve(file));
  const { document: configured } = loaded?.config ?? {};
  const found =
    loaded === undefined || configured === undefined
      ? undefined
      : relative(process.cwd(), resolve(dirname(loaded.file), configured));
  return { document: given ?? found, root, config: loaded?.config ?? {} };
}

/** @throws UsageError that says how a document is named */
export function unnamedDocument(line: string): UsageError {
  return new UsageError(
    `Name the AsyncAPI document: alternats-gen ${line}, or in alternats.config.ts as "document".`,
  );
}
