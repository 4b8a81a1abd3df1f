import { defineCommand, type Options, UsageError } from "../command.js";

/** The options of the command. */
export const initOptions = {
  yes: { type: "boolean", short: "y", help: "ask nothing, and take what is proposed" },
  title: {
    type: "string",
    value: "text",
    help: "what the document is about; the folder's name by default",
  },
  document: { type: "string", value: "file", help: "the document; asyncapi.yaml by default" },
  output: {
    type: "string",
    value: "folder",
    short: "o",
    help: "where the SDK goes; src/sdk by default",
  },
  ci: {
    type: "boolean",
    help: "with a workflow for GitHub that checks the SDK, and what changes break",
  },
} as const satisfies Options;

/** `alternats-gen init`. */
export const initCommand = defineCommand({
  name: "init",
  summary: "write a first document, a configuration and scripts",
  arguments: [],
  options: initOptions,
  examples: [
    ["init", "Asks, and writes into the working folder"],
    ["init --yes --ci", "Asks nothing, and writes a workflow for CI as well"],
  ],
  async run({ values, terminal }) {
    if (values.yes !== true && !terminal.canAsk)
      throw new UsageError("There is no terminal to ask on. Take what is proposed with --yes.");
    const { runInit } = await import("./run.js");
    return runInit(values, terminal);
  },
});
