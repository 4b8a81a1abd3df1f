import { defineCommand } from "../command.js";
import { provisionOptions } from "./options.js";

/** `alternats-gen provision`. */
export const provisionCommand = defineCommand({
  name: "provision",
  summary: "create the streams and consumers that untrusted users need",
  arguments: [{ name: "document", optional: true }],
  options: provisionOptions,
  examples: [
    ["provision asyncapi.yaml", "After alternats-gen broker, and after a user came or went"],
  ],
  async run({ args, values, terminal }) {
    const { runProvision } = await import("./run.js");
    return runProvision(args[0], values, terminal);
  },
});
