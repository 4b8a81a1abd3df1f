import { join } from "node:path";
import { build } from "esbuild";
import { rollup } from "rollup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateText, Workbench } from "./support/workbench.js";

const CHANNELS = 100;

/** A document of many channels, each with an address, a parameter, headers and a payload of its own. */
function document(): string {
  const numbers = Array.from({ length: CHANNELS }, (_, n) => n);
  const type = { type: "string" };
  return JSON.stringify({
    asyncapi: "3.0.0",
    info: { title: "Many", version: "1" },
    servers: { main: { host: "localhost", protocol: "nats" } },
    channels: Object.fromEntries(
      numbers.map((n) => [
        `channel${n}`,
        {
          address: `address${n}x.{id}`,
          parameters: { id: {} },
          messages: {
            [`message${n}x`]: {
              headers: { type: "object", properties: { [`Header${n}x`]: type } },
              payload: { type: "object", properties: { [`property${n}x`]: type } },
            },
          },
        },
      ]),
    ),
    operations: Object.fromEntries(
      numbers.map((n) => [
        `send${n % 2 === 0 ? "Event" : "Notice"}${n}`,
        { action: "send", channel: { $ref: `#/channels/channel${n}` } },
      ]),
    ),
  });
}

const bundlers: {
  readonly [name: string]: (entry: string) => Promise<string>;
} = {
  async esbuild(entry) {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      format: "esm",
      minify: true,
      external: ["alternats", "alternats/sdk"],
      write: false,
      logLevel: "silent",
    });
    return outputFiles[0]?.text ?? "";
  },
  async rollup(entry) {
    // rollup reads JavaScript only: each file's types are taken away, and nothing else is done.
    const stripped = await build({
      entryPoints: [join(entry, "../sdk/*.ts"), entry],
      outdir: join(entry, "../out"),
      format: "esm",
      logLevel: "silent",
    });
    expect(stripped.errors).toEqual([]);
    const bundle = await rollup({
      input: join(entry, "../out/program.js"),
      external: ["alternats", "alternats/sdk"],
      logLevel: "silent",
    });
    const { output } = await bundle.generate({ format: "esm", compact: true });
    await bundle.close();
    return output[0].code;
  },
};

/** What of a program's bundle belongs to which channel. */
function channelsIn(code: string): readonly number[] {
  const found = [...code.matchAll(/(?:address|Header|message|property)(\d+)x/g)];
  return [...new Set(found.map(([, n]) => Number(n)))].sort((a, b) => a - b);
}

describe("a program that uses one function of a hundred channels", () => {
  let bench: Workbench;

  beforeAll(async () => {
    bench = await Workbench.open();
    const { files } = await generateText({ "asyncapi.json": document() });
    await bench.writeAll("sdk", files);
  });

  afterAll(() => bench[Symbol.asyncDispose]());

  async function bundled(bundler: string, program: string): Promise<string> {
    await bench.write("program.ts", program);
    return (await bundlers[bundler]?.(join(bench.folder, "program.ts"))) ?? "";
  }

  it.each(Object.keys(bundlers))("contains all of them if it uses all: %s", async (bundler) => {
    const all = await bundled(bundler, 'export * from "./sdk/index.js";\n');
    expect(channelsIn(all)).toHaveLength(CHANNELS);
  });

  it.each(
    Object.keys(bundlers).flatMap((bundler) =>
      ["publishEvent42", "subscribeEvent42", "event42Messages"].map((name) => ({ bundler, name })),
    ),
  )("keeps only its own channel: $name by $bundler", async ({ bundler, name }) => {
    const code = await bundled(
      bundler,
      `import { ${name} } from "./sdk/index.js";\nconsole.log(${name});\n`,
    );
    const size = `${name} by ${bundler}: ${Buffer.byteLength(code)} bytes`;
    console.log(size);
    expect(channelsIn(code), size).toEqual([42]);
    expect(Buffer.byteLength(code), size).toBeLessThan(2_000);
  });

  it.each(Object.keys(bundlers))("contains one of their keys: %s", async (bundler) => {
    const code = await bundled(
      bundler,
      'import { event42 } from "./sdk/keys.js";\nconsole.log(event42.at({ id: "a" }));\n',
    );
    expect(channelsIn(code)).toEqual([42]);
  });
});
