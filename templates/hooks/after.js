/**
 * Hook of the AsyncAPI Generator that writes the same files as alternats-gen. It runs alternats-gen on the original
 * document, because the parsed document does not contain the names that references define.
 */
const { spawn } = require("node:child_process");
const { mkdtemp, rm, writeFile } = require("node:fs/promises");
const { tmpdir } = require("node:os");
const { dirname, join } = require("node:path");

module.exports = {
  /** @param generator The AsyncAPI Generator. */
  async "generate:after"(generator) {
    // With another output, there is no folder to write to.
    if (generator.output !== "fs") return;
    const { source, text } = originalOf(generator);
    if (source !== undefined) return run(source, generator);
    const folder = await mkdtemp(join(tmpdir(), "alternats-template-"));
    try {
      await writeFile(join(folder, "asyncapi.yaml"), text);
      await run(join(folder, "asyncapi.yaml"), generator);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The original document: a file, or text of unknown origin. */
function originalOf({ asyncapi, originalAsyncAPI }) {
  const { source, input } = asyncapi.meta().asyncapi ?? {};
  if (typeof source === "string" && !/^https?:/.test(source)) return { source };
  const text = typeof originalAsyncAPI === "string" ? originalAsyncAPI : input;
  if (text === undefined)
    throw new Error(
      "alternats-template needs the original document. Pass its text or its file to the AsyncAPI Generator.",
    );
  return { text: typeof text === "string" ? text : JSON.stringify(text) };
}

function run(document, { targetDir, templateParams }) {
  const manifest = require.resolve("alternats-gen/package.json");
  const command = join(dirname(manifest), require(manifest).bin["alternats-gen"]);
  const args = [command, document, "--output", targetDir];
  for (const name of [
    "role",
    "validate",
    "dates",
    "importExtension",
    "lineEnding",
    "target",
    "package",
    "templates",
    "root",
  ]) {
    const value = templateParams[name];
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (value !== undefined) args.push(`--${flag}=${value}`);
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            "alternats-gen failed and wrote no SDK. Its messages above say how to correct the document.",
          ),
        );
    });
  });
}
