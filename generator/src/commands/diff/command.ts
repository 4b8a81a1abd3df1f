import { defineCommand, UsageError } from "../command.js";
import { diffCommandOptions } from "./options.js";

/** `alternats-gen diff`. */
export const diffCommand = defineCommand({
  name: "diff",
  summary: "find breaking changes between two versions of a document",
  arguments: [{ name: "old" }, { name: "new" }],
  options: diffCommandOptions,
  examples: [
    ["diff main:asyncapi.yaml asyncapi.yaml", "Compare the working copy with a branch"],
    [
      "diff v1.0.0:asyncapi.yaml main:asyncapi.yaml --markdown",
      "Compare two revisions, as Markdown",
    ],
  ],
  async run({ args: [old = "", now = ""], values, terminal }) {
    if (values.json === true && values.markdown === true)
      throw new UsageError("Use --json or --markdown, not both.");
    for (const each of [old, now]) {
      if (each.startsWith("-") && each !== "-")
        throw new UsageError(`"${each}" begins with a hyphen; a revision or a path must not.`);
    }
    const { runDiff } = await import("./run.js");
    const format = values.json === true ? "json" : values.markdown === true ? "markdown" : "text";
    const { root, allowNet, lenient, limits, verbose = false } = values;
    return runDiff({ old, now, root, allowNet, lenient, limits }, { format, verbose }, terminal);
  },
});
