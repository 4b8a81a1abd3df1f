import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, posix, relative, sep } from "node:path";
import { parseAst } from "rolldown/parseAst";

/** An import of one source file by another; both are paths below `src`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/**
 * Imports between the source files of a package: values and types, exports from another file, `import()` and
 * the aliases of package.json (`#transport`), which stand for a file each.
 *
 * @param root The folder of the package.
 * @returns The source files, and their imports of each other.
 * @throws Error for an import of a file that does not exist.
 */
export async function readImports(
  root: string,
): Promise<{ readonly files: readonly string[]; readonly imports: readonly Import[] }> {
  const src = join(root, "src");
  const files = (await readdir(src, { recursive: true }))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.split(sep).join("/"));
  const { imports: aliases = {} } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const imports: Import[] = [];
  for (const from of files) {
    const text = await readFile(join(src, from), "utf8");
    for (const specifier of specifiers(parseAst(text, { lang: "ts" }, from))) {
      const targets = specifier.startsWith("#")
        ? Object.values<string>(aliases[specifier]).map((file) => relative("src", file))
        : specifier.startsWith(".")
          ? [posix.join(dirname(from), specifier)]
          : [];
      for (const target of targets) {
        const to = [target.replace(/\.js$/, ".ts"), target.replace(/\.js$/, ".d.ts")].find((file) =>
          files.includes(file),
        );
        if (to !== undefined) imports.push({ from, to });
        else if (!existsSync(join(src, target))) throw new Error(`${from} imports ${specifier}`);
      }
    }
  }
  return { files, imports };
}

function* specifiers(node: unknown): Generator<string> {
  if (typeof node !== "object" || node === null) return;
  const { type = "", source } = node as { type?: string; source?: { value?: unknown } };
  if (/^(Import|Export|TSImportType)/.test(type) && typeof source?.value === "string") {
    yield source.value;
  }
  for (const child of Object.values(node)) yield* specifiers(child);
}
