import { defineCommand, UsageError } from "../command.js";
import { initCommandOptions } from "./options.js";

/** `alternats-gen init`. */
export const initCommand = defineCommand({
  name: "init",
  summary: "write a first document, a configuration and scripts",
  arguments: [],
  options: initCommandOptions,
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
