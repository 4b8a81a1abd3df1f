import { generateOptions } from "../../generate-options.js";
import type { Options } from "../../option.js";

/** The options of an SDK and of its place: on the command line, and in the configuration. */
export const sdkOptions = {
  /** The AsyncAPI document: `asyncapi.yaml`. */
  document: { type: "string", value: "file", help: "the AsyncAPI document" },
  /** The folder of the SDK; `sdk` by default. */
  output: {
    type: "string",
    value: "folder",
    short: "o",
    help: "folder of the SDK",
    default: "sdk",
  },
  /** The folder that the document's references may reach; the repository by default. */
  root: {
    type: "string",
    value: "folder",
    help: "folder that the document's references may reach",
    otherwise:
      "the nearest folder with .git, else that of the configuration, else the document's own",
  },
  /** `true` to read references to addresses as well. */
  allowNet: { type: "boolean", help: "read references to addresses (http:, https:)" },
  ...generateOptions,
  /** A folder with Handlebars templates that replace some of alternats-template. */
  templates: {
    type: "string",
    value: "folder",
    help: "your own templates, which replace some of the built-in ones",
  },
} as const satisfies Options;

/** The options of a whole run: on the command line, and in the configuration. */
export const runOptions = {
  /** `true` to show only errors. */
  quiet: { type: "boolean", help: "show errors only" },
} as const satisfies Options;
