import type { Options } from "../../option.js";

/** The options of `alternats-gen init`. */
export const initCommandOptions = {
  yes: { type: "boolean", short: "y", help: "ask nothing, and use the defaults" },
  title: {
    type: "string",
    value: "text",
    help: "the document's title",
    otherwise: "the folder's name",
  },
  document: {
    type: "string",
    value: "file",
    help: "the document; one that the project has is kept",
    default: "asyncapi.yaml",
  },
  output: {
    type: "string",
    value: "folder",
    short: "o",
    help: "folder of the SDK",
    default: "src/sdk",
  },
  ci: {
    type: "boolean",
    help: "write a workflow for GitHub that checks the SDK, and reports breaking changes",
  },
} as const satisfies Options;
