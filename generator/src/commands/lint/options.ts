import { lintOptions } from "../../lint/options.js";
import type { Options } from "../../option.js";
import { documentOptions, jsonOption, verboseOption } from "../document-options.js";

/** The options of `alternats-gen lint`. */
export const lintCommandOptions = {
  ...lintOptions,
  rules: { type: "boolean", help: "list the rules" },
  ...documentOptions,
  verbose: verboseOption,
  json: jsonOption,
} as const satisfies Options;
