import type { NatsSerializer } from "alternats";
import * as msgpackRuntime from "alternats/msgpack";
import { exactJson, json } from "alternats/sdk";
import { transformSync } from "esbuild";
import type { TypeDeclaration } from "../../../generator/src/model/sdk.ts";
import { Codecs, type CompiledFormat } from "../../../generator/src/render/codec/codecs.ts";
import { helpers } from "../../../generator/src/render/helpers.ts";
import { templateSet } from "../../../generator/src/render/template-set.ts";
import { finish } from "../../../generator/src/typescript/finish.ts";
import * as codecRuntime from "../../../runtime/src/sdk/codec/index.ts";

const templates = await templateSet([], helpers);

/**
 * Prints the codec of a type, as `codecs.ts` holds it.
 *
 * @returns The constant's name, undefined where the schema is left to the library; and the file's text.
 */
export function print(
  types: readonly TypeDeclaration[],
  format: CompiledFormat,
  name: string = types[0]!.name,
): [string | undefined, string] {
  const codecs = new Codecs(types);
  const constant = codecs.of({ kind: "reference", name }, format);
  const view = { ...codecs.view(), extension: ".js", typeNames: types.map((each) => each.name) };
  return [constant, finish(templates.render("codecs", view), "ts", "")];
}

/** @returns The codec of a type; undefined where the schema is left to the library. */
export function compile(
  types: readonly TypeDeclaration[],
  format: CompiledFormat,
  name?: string,
): NatsSerializer | undefined {
  const [constant, text] = print(types, format, name);
  if (constant === undefined) return undefined;
  const { code } = transformSync(text, { loader: "ts", format: "cjs" });
  const module: { exports: Record<string, NatsSerializer> } = { exports: {} };
  const modules: Readonly<Record<string, unknown>> = {
    "alternats/msgpack": msgpackRuntime,
    "alternats/sdk": { exactJson, json },
    "alternats/sdk/codec": codecRuntime,
  };
  new Function("module", "require", code)(module, (of: string) => modules[of]);
  return module.exports[constant];
}
