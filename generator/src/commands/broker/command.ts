import { defineCommand, type Options } from "../command.js";
import { documentOptions } from "../document-options.js";

/** The options of the command. */
export const brokerOptions = {
  output: {
    type: "string",
    value: "folder",
    short: "o",
    help: "where the configuration goes; broker by default",
  },
  secrets: {
    type: "string",
    value: "folder",
    help: "where seeds and credentials go, outside of any repository; ~/.alternats/<title> by default",
  },
  servers: {
    type: "string",
    value: "number",
    choices: ["1", "3", "6"],
    help: "1, 3 or 6: one server, which is the default, a cluster, or two clusters that are joined",
  },
  operator: {
    type: "boolean",
    help: "accounts and users as JWTs of an operator, with credentials files",
  },
  tls: {
    type: "string",
    value: "folder",
    help: "where the servers find server.crt, server.key and ca.crt; no TLS by default",
  },
  websocket: { type: "boolean", help: "let browsers connect" },
  report: { type: "boolean", help: "print who may do what, in Markdown, and write nothing" },
  ...documentOptions,
} as const satisfies Options;

/** `alternats-gen broker`. */
export const brokerCommand = defineCommand({
  name: "broker",
  summary: "write nats-server's configuration from the roles",
  arguments: [{ name: "document", optional: true }],
  options: brokerOptions,
  examples: [
    ["broker asyncapi.yaml --servers 3", "A cluster of three, with a key for every user"],
    ["broker asyncapi.yaml --report", "Who may do what"],
  ],
  async run({ args, values, terminal }) {
    const { runBroker } = await import("./run.js");
    return runBroker(args[0], values, terminal);
  },
});
