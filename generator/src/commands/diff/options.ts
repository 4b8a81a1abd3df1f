import type { Options } from "../../option.js";
import { sdkOptions } from "../../workshop/config/options.js";

/** The options of `alternats-gen diff`. */
export const diffCommandOptions = {
  root: sdkOptions.root,
  limits: sdkOptions.limits,
  json: { type: "boolean", help: "report as JSON" },
  markdown: { type: "boolean", help: "report as Markdown, for a pull request" },
} as const satisfies Options;
