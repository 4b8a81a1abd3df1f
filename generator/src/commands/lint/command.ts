import { defineCommand } from "../command.js";
import { lintCommandOptions } from "./options.js";

/** `alternats-gen lint`. */
export const lintCommand = defineCommand({
  name: "lint",
  summary: "find what is wrong for NATS or for typed SDKs",
  arguments: [{ name: "document", optional: true }],
  options: lintCommandOptions,
  examples: [
    ["lint asyncapi.yaml", "Everything that is wrong, with its place and what would mend it"],
    ["lint --preset gamingapi --off info-contact", "By GamingAPI's conventions, less one"],
  ],
  async run({ args, values, terminal }) {
    const { runLint } = await import("./run.js");
    return runLint({ ...values, document: args[0] }, terminal);
  },
});
