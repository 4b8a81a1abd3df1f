import type { Options } from "../../option.js";
import { runOptions, sdkOptions } from "../../workshop/config/options.js";
import { configOption, jsonOption, verboseOption } from "../document-options.js";

const { document: _, ...options } = sdkOptions;

/** The options of `alternats-gen generate`. */
export const generateCommandOptions = {
  ...options,
  config: configOption,
  check: {
    type: "boolean",
    help: "write nothing; exit with 1 if the SDK is out of date",
  },
  watch: {
    type: "boolean",
    short: "w",
    help: "write the SDK again whenever the document or a file that it refers to changes",
  },
  ...runOptions,
  verbose: verboseOption,
  json: jsonOption,
} as const satisfies Options;
