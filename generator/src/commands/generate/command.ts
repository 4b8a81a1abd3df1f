import { defineCommand } from "../command.js";
import { generateCommandOptions } from "./options.js";

/** `alternats-gen generate`, and `alternats-gen` without a command. */
export const generateCommand = defineCommand({
  name: "generate",
  summary: "write the SDK of a document, or all SDKs of the configuration",
  arguments: [{ name: "document", optional: true }],
  options: generateCommandOptions,
  examples: [
    ["asyncapi.yaml -o src/sdk", "Write an SDK to src/sdk"],
    ["--check", "In CI: fail if the committed SDK is out of date"],
    ["asyncapi.yaml --target js --package @game/events", "Write a package to publish"],
    ["https://example.com/asyncapi.yaml", "Read a document from an address; - is standard input"],
  ],
  async run({ args, values, terminal }) {
    const { runGenerate } = await import("./run.js");
    return runGenerate({ ...values, document: args[0] }, terminal);
  },
});
