import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { formatted, generateGood, generateText, Workbench } from "./support/workbench.js";

/** A document around a payload. */
function documentOf(payload: unknown, schemas: unknown = {}): string {
  return JSON.stringify({
    asyncapi: "2.6.0",
    info: { title: "t", version: "1" },
    servers: { n: { url: "localhost", protocol: "nats" } },
    channels: { "a.b": { subscribe: { operationId: "x", message: { name: "M", payload } } } },
    components: { schemas },
  });
}

async function said(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { files: written, diagnostics } = await generateText(files);
  expect(written).toEqual([]);
  return diagnostics.map(formatted);
}

describe("a hostile document", () => {
  it.each([
    "file:///etc/passwd",
    "/etc/passwd",
    "../../etc/passwd",
    "a/../../b.json",
    "..%2f..%2fetc/passwd",
    "http://localhost:1/a.json",
    "//localhost/a.json",
    "C:\\windows\\a.json",
  ])("reads nothing outside its folder: %s", async (ref) => {
    const read: string[] = [];
    const { generate } = await import("../../generator/src/index.ts");
    const text = documentOf({ $ref: ref });
    const { files, diagnostics } = await generate({
      main: "asyncapi.json",
      async read(path) {
        read.push(path);
        return text;
      },
    });
    expect(read).toEqual(["asyncapi.json"]);
    expect(files).toEqual([]);
    expect(diagnostics.map(({ code }) => code)).toContain("refused-reference");
  });

  it.each([
    "http://127.0.0.1:PORT/a%zz.json",
    "file:///etc/%zz",
    "%zz.json",
    "/etc/passwd",
    "nope%.json#/a",
    "#/a%zz",
  ])("treats `$ref` in data as data, and reads no file for it: %s", async (ref) => {
    const asked: string[] = [];
    await using server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end("{}");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const data = { $ref: ref.replace("PORT", String(port)) };
    const text = JSON.stringify({
      ...JSON.parse(
        documentOf({
          type: "object",
          properties: {
            a: { example: data, examples: [data], default: data, "x-a": data },
            const: { const: data },
            enum: { enum: [data] },
          },
        }),
      ),
      "x-b": [{ c: data }],
    });
    const { "types.ts": types } = await generateGood({ "a.json": text });
    expect(types).toContain(`$ref: ${JSON.stringify(data.$ref)};`);
    expect(asked).toEqual([]);
  });

  it("is reported with the position of a dangling reference", async () => {
    expect(
      await said({ "a.json": `{\n"asyncapi": "2.6.0",\n "channels": { "$ref": "#/nothing" } }` }),
    ).toEqual(["a.json:3:16 error unresolved-reference"]);
  });

  it("does not follow references that refer only to each other", async () => {
    const schemas = {
      A: { $ref: "#/components/schemas/B" },
      B: { $ref: "#/components/schemas/A" },
    };
    const codes = await said({ "a.json": documentOf({ $ref: "#/components/schemas/A" }, schemas) });
    expect(codes).toHaveLength(3);
    expect(codes.every((each) => each.endsWith("circular-reference"))).toBe(true);
  });

  it("finds a type for alternatives that refer only to each other", async () => {
    const schemas = {
      A: { oneOf: [{ $ref: "#/components/schemas/B" }, { type: "string" }] },
      B: { anyOf: [{ $ref: "#/components/schemas/A" }, { type: "number" }] },
    };
    const sdk = await generateGood({
      "a.json": documentOf({ $ref: "#/components/schemas/A" }, schemas),
    });
    await using bench = await Workbench.open();
    await bench.writeAll(
      "sdk",
      Object.entries(sdk).map(([path, text]) => ({ path, text })),
    );
    await bench.write(
      "use.ts",
      'import type { A } from "./sdk/index.js";\nexport const all: A[] = ["", 1];\n',
    );
    expect(await bench.compile()).toBe("");
  });

  it("is reported if a schema is part of itself", async () => {
    const schemas = { A: { allOf: [{ $ref: "#/components/schemas/A" }, { type: "object" }] } };
    expect(
      await said({ "a.json": documentOf({ $ref: "#/components/schemas/A" }, schemas) }),
    ).toEqual([expect.stringMatching(/^a\.json:1:\d+ error circular-allof$/)]);
  });

  it.each([
    ["objects", `${'{"a":'.repeat(3_000)}1${"}".repeat(3_000)}`],
    ["arrays", "[".repeat(200_000) + "]".repeat(200_000)],
    ["YAML", `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`],
  ])("does not exhaust the stack with nested %s", async (_, text) => {
    expect(await said({ "a.yaml": text })).toEqual(["a.yaml:1:1 error syntax"]);
  });

  it("does not grow exponentially with aliases of aliases", async () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`);
    expect(await said({ "a.yaml": lines.join("\n") })).toEqual(["a.yaml:10:1 error too-costly"]);
  });

  it("must not contain itself by an alias", async () => {
    expect(await said({ "a.yaml": "asyncapi: 3.0.0\ninfo: &i { x: *i }\n" })).toEqual([
      expect.stringMatching(/error syntax$/),
    ]);
  });

  it.each([
    ["", "1:1 error syntax"],
    ["hello", "1:1 error no-asyncapi"],
    ["[]", "1:1 error no-asyncapi"],
    ["null", "1:1 error no-asyncapi"],
    ["openapi: 3.0.0\n", "1:1 error no-asyncapi"],
    ["info: {}\nasyncapi: 3\n", "2:1 error unsupported-version"],
    ['{"asyncapi": "1.2.0"}', "1:2 error unsupported-version"],
    ["asyncapi: 3.0.0\n---\nasyncapi: 3.0.0\n", "2:1 error syntax"],
    ["\u0000\u0001", "1:1 error no-asyncapi"],
  ])("is reported with what is missing: %j", async (text, expected) => {
    expect(await said({ "a.yaml": text })).toEqual([`a.yaml:${expected}`]);
  });

  it("can have a name twice in JSON, and the last one counts and has the position", async () => {
    const text = `{"asyncapi":"3.0.0","info":{"title":"t","version":"1"},
 "servers":{"n":{"host":"h","protocol":"nats"}},"channels":{"c":{"address":"ok"},
 "c":{"address":"a b"}}}`;
    expect(await said({ "a.json": text })).toEqual(["a.json:3:2 error unfit-address"]);
  });

  it("keeps properties with the names of inherited properties", async () => {
    const properties =
      '{"__proto__":{"type":"string"},"hasOwnProperty":{"type":"number"},"constructor":{"type":"boolean"}}';
    const text = documentOf("PAYLOAD").replace(
      '"PAYLOAD"',
      `{"type":"object","properties":${properties}}`,
    );
    const { "types.ts": types } = await generateGood({ "a.json": text });
    expect(types).toContain("  __proto__?: string | undefined;\n");
    expect(types).toContain("  hasOwnProperty?: number | undefined;\n");
    expect(types).toContain("  constructor?: boolean | undefined;\n");
  });

  it("keeps them also if the document escapes their letters", async () => {
    const properties =
      '{"has\\u004fwnProperty":{"type":"number"},"__proto\\u005f_":{"type":"object","properties":{"x":{"type":"string"}}}}';
    const text = documentOf("PAYLOAD").replace(
      '"PAYLOAD"',
      `{"type":"object","properties":${properties}}`,
    );
    const { "types.ts": types } = await generateGood({ "a.json": text });
    expect(types).toContain("  hasOwnProperty?: number | undefined;\n");
    expect(types).toMatch(/ {2}__proto__\?: \w+ \| undefined;\n/);
  });

  it("cannot break out of comments, strings and templates", async () => {
    const evil =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: text that looks like a template.
      "*/ evil(); /* ${evil()} `evil()` {{evil}} {{{evil}}} '\" \\ \u2028 \u2029 \u0000 \u0001\u0002\u000e \u202e </script>";
    const text = JSON.stringify({
      asyncapi: "3.0.0",
      info: { title: evil, version: evil, description: evil },
      servers: { n: { host: "localhost", protocol: "nats" } },
      channels: {
        [evil]: {
          address: "evil.{who}",
          description: evil,
          parameters: {
            who: { description: evil, enum: ["*/evil();/*", "'\"`"], examples: [evil] },
          },
          messages: {
            [evil]: {
              name: evil,
              headers: {
                type: "object",
                properties: { "*/'`": { type: "string", description: evil } },
              },
              payload: {
                title: evil,
                type: "object",
                description: evil,
                required: [evil],
                properties: {
                  [evil]: { enum: [evil, 1], description: evil, default: evil, examples: [evil] },
                },
              },
            },
            other: {
              payload: { type: "object", required: [evil], properties: { [evil]: { const: 2 } } },
            },
          },
          bindings: { nats: { queue: `q'"${evil.replace(/[\s\p{Cc}]/gu, "")}` } },
        },
      },
      operations: {
        [evil]: {
          action: "receive",
          channel: { $ref: `#/channels/${evil.replaceAll("~", "~0").replaceAll("/", "~1")}` },
          description: evil,
        },
      },
    });
    const sdk = await generateGood({ "a.json": text });
    await using bench = await Workbench.open();
    await bench.writeAll(
      "sdk",
      Object.entries(sdk).map(([path, each]) => ({ path, text: each })),
    );
    expect(await bench.compile()).toBe("");
    for (const [path, each] of Object.entries(sdk).filter(([path]) => path.endsWith(".ts"))) {
      const code = each.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\*[\s\S]*?\*\//g, "");
      expect(code, path).not.toMatch(/evil\(/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
      expect(each, path).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
    }
  });
});
