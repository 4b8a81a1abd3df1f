import { presets } from "../../lint/rules.js";
import { defineCommand, type Options } from "../command.js";
import { documentOptions } from "../document-options.js";

/** The options of the command. */
export const lintOptions = {
  off: {
    type: "string",
    value: "rule",
    multiple: true,
    help: "switch a rule off; may be given several times",
  },
  preset: {
    type: "string",
    value: "name",
    choices: presets,
    help: "gamingapi: the conventions of GamingAPI's documents as well",
  },
  rules: { type: "boolean", help: "list the rules" },
  ...documentOptions,
  json: { type: "boolean", help: "report as JSON, in one line" },
} as const satisfies Options;

/** `alternats-gen lint`. */
export const lintCommand = defineCommand({
  name: "lint",
  summary: "find what is wrong for NATS or for typed SDKs",
  arguments: [{ name: "document", optional: true }],
  options: lintOptions,
  examples: [
    ["lint asyncapi.yaml", "Everything that is wrong, with its place and what would mend it"],
    ["lint --preset gamingapi --off info-contact", "By GamingAPI's conventions, less one"],
  ],
  async run({ args, values, terminal }) {
    const { runLint } = await import("./run.js");
    return runLint({ ...values, document: args[0] }, terminal);
  },
});
