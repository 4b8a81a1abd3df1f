import { defineCommand, UsageError } from "../command.js";
import { diffCommandOptions } from "./options.js";

/** `alternats-gen diff`. */
export const diffCommand = defineCommand({
  name: "diff",
  summary: "tell what a change of the document breaks, and for whom",
  arguments: [{ name: "old" }, { name: "new" }],
  options: diffCommandOptions,
  examples: [
    ["diff main:asyncapi.yaml asyncapi.yaml", "What the working copy changes against a branch"],
    [
      "diff v1.0.0:asyncapi.yaml main:asyncapi.yaml --markdown",
      "Between two revisions, as Markdown",
    ],
  ],
  async run({ args: [old = "", now = ""], values, terminal }) {
    if (values.json === true && values.markdown === true)
      throw new UsageError("--json or --markdown, not both.");
    for (const each of [old, now]) {
      if (each.startsWith("-"))
        throw new UsageError(`"${each}" begins with a hyphen, as no revision and no path may.`);
    }
    const { runDiff } = await import("./run.js");
    const format = values.json === true ? "json" : values.markdown === true ? "markdown" : "text";
    return runDiff({ old, now, root: values.root }, format, terminal);
  },
});
