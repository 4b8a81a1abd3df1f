import { defineCommand } from "../command.js";
import { lintCommandOptions } from "./options.js";

/** `alternats-gen lint`. */
export const lintCommand = defineCommand({
  name: "lint",
  summary: "find problems of a document for NATS and typed SDKs",
  arguments: [{ name: "document", optional: true }],
  options: lintCommandOptions,
  examples: [
    ["lint asyncapi.yaml", "Show all problems, with place and correction"],
    ["lint --preset gamingapi --off info-contact", "Check GamingAPI's conventions, except one"],
  ],
  async run({ args, values, terminal }) {
    const { runLint } = await import("./run.js");
    return runLint({ ...values, document: args[0] }, terminal);
  },
});
