import { defineCommand } from "../command.js";
import { brokerCommandOptions } from "./options.js";

/** `alternats-gen broker`. */
export const brokerCommand = defineCommand({
  name: "broker",
  summary: "write nats-server's configuration from the roles",
  arguments: [{ name: "document", optional: true }],
  options: brokerCommandOptions,
  examples: [
    ["broker asyncapi.yaml --servers 3", "A cluster of three, with a key for every user"],
    ["broker asyncapi.yaml --report", "Show the permissions of all roles"],
  ],
  async run({ args, values, terminal }) {
    const { runBroker } = await import("./run.js");
    return runBroker(args[0], values, terminal);
  },
});
