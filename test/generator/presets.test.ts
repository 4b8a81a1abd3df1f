import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TS_DESCRIPTION_PRESET, type TypeScriptPreset } from "@asyncapi/modelina";
import { describe, expect, it } from "vitest";
import { type GenerateOptions, generate } from "../../generator/src/index.ts";
import { runHere } from "./cli/support.js";
import { project, Workbench } from "./support/workbench.js";

const document = `
asyncapi: 3.0.0
info: { title: Players, version: 1.0.0 }
servers: { main: { host: 'localhost:4222', protocol: nats } }
channels:
  joined:
    address: joined
    messages: { joined: { payload: { $ref: '#/components/schemas/Player' } } }
operations:
  joined: { action: send, channel: { $ref: '#/channels/joined' } }
components:
  schemas:
    Player:
      type: object
      description: Somebody who plays
      required: [id, rank, level]
      properties:
        id: { type: string, format: uuid, description: The id, examples: [a] }
        rank: { enum: [gold, silver, null] }
        level: { type: integer, minimum: 1, maximum: 60 }
        score: { type: number }
        online: { type: boolean }
        kind: { const: human }
        team: { $ref: '#/components/schemas/Team' }
        position: { type: array, items: [{ type: number }, { type: number }], minItems: 2, additionalItems: false }
        tags: { type: array, items: { type: [string, 'null'] } }
        counts: { type: object, additionalProperties: { type: integer } }
        place: { oneOf: [{ type: string }, { type: number }] }
        anything: {}
      additionalProperties: false
    Team:
      type: object
      additionalProperties: { type: string }
      properties: { name: { type: string } }
`;

const run = (presets: readonly object[], options: GenerateOptions = {}) =>
  generate(
    { main: "asyncapi.yaml", read: async () => document },
    { ...options, models: { presets } },
  );

async function typesBy(...presets: readonly object[]): Promise<string> {
  const { files, diagnostics } = await run(presets);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return files.find(({ path }) => path === "types.ts")!.text;
}

/** A description of each property's model, as a preset sees it. */
async function kindsOf(): Promise<Readonly<Record<string, string>>> {
  const kinds: Record<string, string> = {};
  const preset: TypeScriptPreset = {
    interface: {
      property({ content, property }) {
        const { property: model, required, unconstrainedPropertyName: name } = property;
        const kind = model.constructor.name.replace(/^Constrained|Model$/g, "");
        kinds[name] = `${kind}${required ? "" : "?"} ${model.type}`;
        return content;
      },
    },
  };
  await typesBy(preset);
  return kinds;
}

describe("presets of Modelina", () => {
  it("see models that say what each type is", async () => {
    expect(await kindsOf()).toEqual({
      id: "String string",
      rank: 'Enum "gold" | "silver" | null',
      level: "Integer number",
      score: "Float? number",
      online: "Boolean? boolean",
      kind: 'String? "human"',
      team: "Reference? Team",
      position: "Tuple? [number, number]",
      tags: "Array? (string | null)[]",
      counts: "Dictionary? Record<string, number>",
      place: "Union? string | number",
      anything: "Any? unknown",
      name: "String? string",
      additionalProperties: "Dictionary? Record<string, string | undefined>",
    });
  });

  it("of Modelina itself run: descriptions become its comments", async () => {
    const types = await typesBy(TS_DESCRIPTION_PRESET);
    expect(types).toContain(`/**
 * Somebody who plays
 */
export interface Player {
  /**
   * The id
   * @example a
   */
  id: string;
`);
    expect(types).not.toContain("Format: `uuid`");
  });

  it("of a user's own run, with the document's schemas; documentation stays", async () => {
    const preset: TypeScriptPreset = {
      interface: {
        self: ({ content, renderer }) => {
          renderer.dependencyManager.addDependency('import type { UUID } from "node:crypto";');
          return content;
        },
        property({ content, property: { property: model } }) {
          const { format, maximum } = model.originalInput;
          if (format === "uuid") return content.replace("string", "UUID");
          return maximum === 60 ? `readonly ${content}` : content;
        },
      },
      type: { self: ({ content }) => `// ours\n${content}` },
    };
    const types = await typesBy(preset);
    expect(types).toContain('\n\nimport type { UUID } from "node:crypto";\n\n');
    expect(types).toContain("  id: UUID;\n");
    expect(types).toMatch(/ \*\/\n {2}readonly level: number;\n/);
    const plain = await typesBy();
    expect(types.replace('import type { UUID } from "node:crypto";\n\n', "")).toBe(
      plain.replace("id: string", "id: UUID").replace("  level", "  readonly level"),
    );
  });

  it("run for a package in JavaScript as well", async () => {
    const { files } = await run([TS_DESCRIPTION_PRESET], { target: "js" });
    const text = (path: string) => files.find((file) => file.path === path)!.text;
    expect(text("types.d.ts")).toContain(" * Somebody who plays\n */\nexport interface Player {");
    expect(text("types.js")).toMatch(/\n\nexport \{\};\n$/);
    expect(JSON.parse(text("alternats.json")).options).toEqual({
      target: "js",
      models: { presets: 1 },
    });
  });

  it("that fail are an error of the run", async () => {
    const broken = {
      interface: {
        property: () => {
          throw new Error("no luck");
        },
      },
    };
    const { files, diagnostics } = await run([broken]);
    expect(files).toEqual([]);
    expect(diagnostics).toMatchObject([{ severity: "error", code: "preset" }]);
    expect(diagnostics[0]?.message).toContain("no luck");
  });
});

describe("models.presets of the configuration", { timeout: 60_000 }, () => {
  it("run on the command line", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", document);
    await bench.write(
      "alternats.config.ts",
      `import { TS_DESCRIPTION_PRESET } from "@asyncapi/modelina";
import { defineConfig } from "alternats-gen";
const frozen = { interface: { property: ({ content }: { content: string }) => \`readonly \${content}\` } };
export default defineConfig({
  document: "asyncapi.yaml",
  models: { presets: [frozen] },
  sdks: [{ output: "a", models: { presets: [TS_DESCRIPTION_PRESET] } }, { output: "b" }],
});
`,
    );
    const { code, error } = await runHere(bench.folder, []);
    expect(error).not.toContain("error");
    expect(code).toBe(0);
    const types = (sdk: string) => readFileSync(join(bench.folder, sdk, "types.ts"), "utf8");
    expect(types("a")).toContain("   * @example a\n   */\n  id: string;");
    expect(types("b")).toContain("  readonly id: string;");
    expect((await runHere(bench.folder, ["--check"])).code).toBe(0);
  });

  it("run as docs/templates.md has it", async () => {
    const page = readFileSync(join(project, "docs/templates.md"), "utf8");
    const [, config = ""] = /```ts\n(\/\/ alternats\.config\.ts[\s\S]*?)```/.exec(page)!;
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", document);
    await bench.write("alternats.config.ts", config);
    expect((await runHere(bench.folder, [])).code).toBe(0);
    const types = readFileSync(join(bench.folder, "sdk/types.ts"), "utf8");
    expect(types).toContain("   * @example a\n   */\n  readonly id: string;");
  });

  it.each([
    [{ preset: [] }, 'unknown key "models.preset". Did you mean "presets"?'],
    [{ presets: {} }, "models.presets is a list of presets"],
    [{ presets: ["x"] }, "models.presets[0] is an object"],
  ])("%j is refused", async (models, message) => {
    await using bench = await Workbench.open();
    await bench.write("alternats.config.json", JSON.stringify({ document: "a.yaml", models }));
    const { code, error } = await runHere(bench.folder, []);
    expect(code).not.toBe(0);
    expect(error).toContain(message);
  });
});
