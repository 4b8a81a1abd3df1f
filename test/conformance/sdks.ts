import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Diagnostics } from "../../generator/src/diagnostics.ts";
import { LoadedDocument } from "../../generator/src/document/loaded-document.ts";
import type { GenerateOptions } from "../../generator/src/index.ts";
import { buildSdk } from "../../generator/src/model/build-sdk.ts";
import { ValidatorCompiler } from "../../generator/src/model/validators.ts";
import { render } from "../../generator/src/render/render.ts";
import type { Functions } from "../generator/support/calls.js";
import { corpus, type Entry } from "../generator/support/corpus-index.js";
import type { Workbench } from "../generator/support/workbench.js";

/** The encodings that other programs use. */
export type Encoding = "json" | "msgpack";

/**
 * Generates and loads an SDK of a document of the corpus, which is known to be valid.
 *
 * @param encoding The encoding of the messages whose document says JSON, or nothing.
 */
export async function loadSdk(
  bench: Workbench,
  { id, root, main }: Entry,
  encoding: Encoding,
  options: GenerateOptions = {},
): Promise<Functions> {
  const read = async (path: string): Promise<string> => {
    const text = await readFile(join(corpus, root, path), "utf8");
    return encoding === "json"
      ? text
      : text.replaceAll(
          /application\/(?!vnd\.aai\.|schema\+)(?:[\w.-]+\+)?json/g,
          "application/msgpack",
        );
  };
  const loaded = await LoadedDocument.load({ main, read }, new Diagnostics());
  if (loaded === undefined) throw new Error(`${main} cannot be read`);
  if (encoding === "msgpack") setDefault(loaded.root.value);
  const { validate, int64 } = options;
  const validators = validate && new ValidatorCompiler(validate, int64);
  const sdk = loaded.withinStack((node) => buildSdk(node, options, validators));
  if (sdk === undefined) throw new Error(`${main} is nested too deeply`);
  const folder = `${id}-${encoding}-${validate ?? "open"}`;
  await bench.writeAll(folder, await render(sdk, options));
  return await import(join(bench.folder, folder, "index.ts"));
}

function setDefault(document: unknown): void {
  Object.assign(document as object, { defaultContentType: "application/msgpack" });
}
