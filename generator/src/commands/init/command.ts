import { defineCommand, UsageError } from "../command.js";
import { initCommandOptions } from "./options.js";

/** `alternats-gen init`. */
export const initCommand = defineCommand({
  name: "init",
  summary: "write a first document, a configuration and scripts",
  arguments: [],
  options: initCommandOptions,
  examples: [
    ["init", "Ask, and write into the working folder"],
    ["init --yes --ci", "Ask nothing, and write a workflow for CI as well"],
  ],
  async run({ values, terminal }) {
    if (values.yes !== true && !terminal.canAsk)
      throw new UsageError("There is no terminal for questions. Use the defaults with --yes.");
    const { runInit } = await import("./run.js");
    return runInit(values, terminal);
  },
});
