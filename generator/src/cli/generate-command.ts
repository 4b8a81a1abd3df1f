import { defineCommand, type Options, UsageError } from "./command.js";

/** The options of the command. */
export const generateOptions = {
  output: {
    type: "string",
    value: "folder",
    short: "o",
    help: 'where the SDK goes; "sdk" by default',
  },
  root: {
    type: "string",
    value: "folder",
    help: "the folder that the document's references may\nreach; the document's own by default",
  },
  role: {
    type: "string",
    value: "side",
    choices: ["application", "client"],
    help: "application or client: only what that side does;\nboth sides by default",
  },
  validate: {
    type: "string",
    value: "when",
    choices: ["receive", "send", "both"],
    help: "receive, send or both: hold messages against\ntheir schemas; never by default",
  },
  json: { type: "boolean", help: "report as JSON" },
} as const satisfies Options;

/** `alternats-gen generate`, and `alternats-gen` without a command. */
export const generateCommand = defineCommand({
  name: "generate",
  summary: "write the SDK of a document",
  arguments: [{ name: "document", optional: true }],
  options: generateOptions,
  examples: [
    ["asyncapi.yaml -o src/sdk", "Write an SDK to src/sdk"],
    ["asyncapi.yaml --role client", "Only what clients of the application do"],
  ],
  async run(context) {
    const [document] = context.args;
    if (document === undefined)
      throw new UsageError("Name the AsyncAPI document: alternats-gen <document>");
    const { generateSdk } = await import("./generate-sdk.js");
    return generateSdk(document, context.values, context.terminal);
  },
});
