import type { Options } from "../../option.js";
import { sdkOptions } from "../../workshop/config/options.js";
import { verboseOption } from "../document-options.js";

/** The options of `alternats-gen diff`. */
export const diffCommandOptions = {
  root: sdkOptions.root,
  allowNet: sdkOptions.allowNet,
  lenient: sdkOptions.lenient,
  limits: sdkOptions.limits,
  verbose: verboseOption,
  json: { type: "boolean", help: "report as JSON" },
  markdown: { type: "boolean", help: "report as Markdown, for a pull request" },
} as const satisfies Options;
