import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NatsSerializer } from "alternats";
import { transform } from "esbuild";
import type { TypeDeclaration } from "../../generator/src/model/sdk.ts";
import { Codecs } from "../../generator/src/render/codec/codecs.ts";
import type * as Helpers from "../../generator/src/render/helpers.ts";
import type * as Templates from "../../generator/src/render/template-set.ts";

export type Format = "json" | "msgpack";

/** The codecs that the generator makes of types, by `<format> <type>`; without those left to the library. */
export async function compile(
  project: string,
  declarations: readonly TypeDeclaration[],
  types: Iterable<string>,
): Promise<ReadonlyMap<string, NatsSerializer>> {
  const codecs = new Codecs(declarations);
  const constants = new Map<string, string>();
  for (const name of types) {
    for (const format of ["json", "msgpack"] as const) {
      const constant = codecs.of({ kind: "reference", name }, format);
      if (constant !== undefined) constants.set(`${format} ${name}`, constant);
    }
  }
  // The templates are compiled in the package only.
  const built = join(project, "generator/dist/render");
  const { templateSet }: typeof Templates = await import(join(built, "template-set.js"));
  const { helpers }: typeof Helpers = await import(join(built, "helpers.js"));
  const view = {
    ...codecs.view(),
    extension: ".js",
    typeNames: declarations.map(({ name }) => name),
  };
  const text = (await templateSet([], helpers)).render("codecs", view);
  const { code } = await transform(text, { loader: "ts", format: "esm", target: "node20" });
  const folder = await mkdtemp(join(tmpdir(), "alternats-bench-"));
  try {
    await symlink(join(project, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "codecs.mjs"), code);
    const module: Record<string, NatsSerializer> = await import(join(folder, "codecs.mjs"));
    return new Map([...constants].map(([key, constant]) => [key, module[constant]!]));
  } finally {
    await rm(folder, { recursive: true });
  }
}
