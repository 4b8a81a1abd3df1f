import { configSettings, sdkSettings } from "../../workshop/config/settings.js";
import { defineCommand, type Options } from "../command.js";

const { document: _, ...settings } = sdkSettings;

/** The options of the command. */
export const generateOptions = {
  ...settings,
  config: {
    type: "string",
    value: "file",
    short: "c",
    help: "the configuration; alternats.config.{ts,js,mjs,json,yaml} or package.json by default",
  },
  check: {
    type: "boolean",
    help: "write nothing; exit with 1 when the SDK is not what would be written",
  },
  watch: { type: "boolean", short: "w", help: "write anew at every change of the document" },
  ...configSettings,
  json: { type: "boolean", help: "report as JSON, in one line" },
} as const satisfies Options;

/** `alternats-gen generate`, and `alternats-gen` without a command. */
export const generateCommand = defineCommand({
  name: "generate",
  summary: "write the SDK of a document, or all of the configuration",
  arguments: [{ name: "document", optional: true }],
  options: generateOptions,
  examples: [
    ["asyncapi.yaml -o src/sdk", "Write an SDK to src/sdk"],
    ["--check", "In CI: is what was committed what alternats.config.ts asks for?"],
    ["asyncapi.yaml --target js --package @game/events", "A package to publish"],
  ],
  async run({ args, values, terminal }) {
    const { runGenerate } = await import("./run.js");
    return runGenerate({ ...values, document: args[0] }, terminal);
  },
});
