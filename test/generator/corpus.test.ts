import { join } from "node:path";
import * as prettier from "prettier";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GenerateResult } from "../../generator/src/index.ts";
import { lacks } from "../support/requirements.js";
import { corpus, corpusSdks, entries } from "./support/corpus.js";
import { formatted, generateFrom, Workbench } from "./support/workbench.js";

/** Accepted by the parser, and good to read where they are not meant to be anything else. */
const acceptable = new Set(["made__unknown-schema-format"]);

/** The programs of the README as one, as a reader would have them: what they import, each once, and all of them in a row. */
function programs({ files }: GenerateResult): string {
  const text = (path: string): string => files.find((file) => file.path === path)?.text ?? "";
  const blocks = [...text("README.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, code = ""]) => code,
  );
  const imported = new Map<string, Set<string>>();
  const [connecting = "", ...others] = blocks.map((code) =>
    code.replace(/^import \{([^}]*)\} from "(.*)";$/gm, (_, names: string, module: string) => {
      const all = imported.get(module) ?? new Set();
      imported.set(module, all);
      for (const name of names.match(/[\p{ID_Continue}$]+/gu) ?? []) all.add(name);
      return "";
    }),
  );
  return [
    ...[...imported].map(([module, names]) => `import { ${[...names].join()} } from "${module}";`),
    connecting,
    // Nobody can write down a value that needs one of its own kind within.
    "declare const message: never, reply: never;",
    "[nats, message, reply] satisfies unknown[];",
    ...others.map((code) => `{\n${code}}`),
  ].join("\n");
}

/** The documents that say how a stream keeps what travels on their channels. */
const withStreams: ReadonlySet<string> = new Set(["wandelbots__nova"]);

describe.skipIf(lacks("corpus"))("the corpus of real documents", () => {
  let results: ReadonlyMap<string, GenerateResult>;
  let bench: Workbench;

  beforeAll(async () => {
    bench = await Workbench.open();
    results = await corpusSdks();
    for (const [id, result] of results) {
      await bench.writeAll(id, result.files);
      await bench.write(`${id}/programs.ts`, programs(result));
    }
  }, 120_000);

  afterAll(() => bench[Symbol.asyncDispose]());

  it("has documents", () => {
    expect(results.size).toBeGreaterThan(80);
  });

  it.each(entries("valid").map(({ id }) => id))("becomes an SDK: %s", (id) => {
    const { diagnostics, files } = results.get(id)!;
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(files.map(({ path }) => path)).toEqual([
      "README.md",
      "channels.ts",
      "client.ts",
      "codecs.ts",
      "index.ts",
      "keys.ts",
      "operations.ts",
      "servers.ts",
      ...(withStreams.has(id) ? ["streams.ts"] : []),
      "types.ts",
      "alternats.json",
    ]);
  });

  it("compiles, all SDKs at once, with strict options", async () => {
    expect(await bench.compile()).toBe("");
  }, 120_000);

  it("is formatted as by prettier", async () => {
    const different: string[] = [];
    const seen = new Set<string>();
    for (const [id, { files }] of results) {
      for (const { path, text } of files.filter(({ path }) => path.endsWith(".ts"))) {
        if (seen.has(text)) continue;
        seen.add(text);
        // The quicker of its two parsers: what is printed does not depend on it.
        if ((await prettier.format(text, { parser: "babel-ts" })) !== text)
          different.push(`${id}/${path}`);
      }
    }
    expect(different).toEqual([]);
  }, 120_000);

  it("gives the same bytes again", async () => {
    for (const { id, root, main } of entries("valid").filter(({ id }) =>
      /gamingapi|synthetic/.test(id),
    )) {
      const { files } = await generateFrom(join(corpus, root), main);
      expect(files, id).toEqual(results.get(id)?.files);
    }
  }, 120_000);

  it("gives the same SDK for a bundle and for its files", () => {
    const sources = (id: string) =>
      results.get(id)?.files.filter(({ path }) => path.endsWith(".ts"));
    expect(sources("gamingapi__rust-src")).toEqual(sources("gamingapi__rust-bundled"));
    expect(sources("gamingapi__rust-public-src")).toEqual(
      sources("gamingapi__rust-public-bundled"),
    );
  });

  it("gives producers and consumers of GamingAPI functions of the same names", () => {
    const functions = (id: string): readonly string[] => {
      const operations = results.get(id)?.files.find(({ path }) => path === "operations.ts");
      return [...(operations?.text.matchAll(/^export const (\w+)/gm) ?? [])]
        .map(([, name = ""]) => name)
        .sort();
    };
    const server = functions("gamingapi__rust-bundled");
    expect(server).toHaveLength(15 * 3);
    expect(functions("gamingapi__rust-public-bundled")).toEqual(
      expect.arrayContaining([...server]),
    );
  });

  it("leaves no paths of the machine in the SDKs", () => {
    for (const [id, { files }] of results) {
      for (const { path, text } of files) {
        expect(text, `${id}/${path}`).not.toContain(corpus);
        expect(text, `${id}/${path}`).not.toMatch(/AnonymousSchema/i);
      }
    }
  });

  it.each(entries("invalid").filter(({ id }) => !acceptable.has(id)))(
    "is explained, with file, line and column: $id",
    async ({ root, main }) => {
      const { files, diagnostics } = await generateFrom(join(corpus, root), main);
      const errors = diagnostics.filter(({ severity }) => severity === "error");
      expect(errors.length).toBeGreaterThan(0);
      expect(files).toEqual([]);
      for (const error of errors) {
        expect(formatted(error)).toMatch(/^[^:]+:[1-9]\d*:[1-9]\d* error [\w-]+$/);
        expect(error.message).not.toBe("");
        expect(error.fix).not.toBe("");
      }
    },
  );
});
