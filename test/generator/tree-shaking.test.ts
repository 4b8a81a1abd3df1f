import { join } from "node:path";
import { build } from "esbuild";
import { rollup } from "rollup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateText, Workbench } from "./support/workbench.js";

const CHANNELS = 100;

/** A document of many channels of a stream, each with an address, a parameter, headers and a payload of its own. */
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
          "x-alternats-stream": "KEPT",
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
      external: ["alternats"],
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
      external: /^alternats/,
      logLevel: "silent",
    });
    const { output } = await bundle.generate({ format: "esm", compact: true });
    await bundle.close();
    return output[0].code;
  },
};

/** Parts of a program's bundle, by channel. */
function channelsIn(code: string): readonly number[] {
  const found = [...code.matchAll(/(?:address|Header|message|property)(\d+)x/g)];
  return [...new Set(found.map(([, n]) => Number(n)))].sort((a, b) => a - b);
}

/**
 * Bytes of a program with one function, as they were when each function was written out with a body of its own. What
 * it takes of `alternats` is not counted.
 */
const limits = {
  publishEvent42: { esbuild: 619, rollup: 1229 },
  subscribeEvent42: { esbuild: 615, rollup: 1229 },
  event42Messages: { esbuild: 613, rollup: 1213 },
  appendEvent42: { esbuild: 621, rollup: 1283 },
  consumeEvent42: { esbuild: 635, rollup: 1313 },
  replayEvent42: { esbuild: 630, rollup: 1292 },
  lastEvent42: { esbuild: 628, rollup: 1286 },
};

/** Functions by the file that exports them. */
const files = [
  { file: "index", names: ["publishEvent42", "subscribeEvent42", "event42Messages"] },
  { file: "streams", names: ["appendEvent42", "consumeEvent42", "replayEvent42", "lastEvent42"] },
] as const;

describe("a program that uses one function of a hundred channels", () => {
  let bench: Workbench;

  beforeAll(async () => {
    bench = await Workbench.open();
    const { files } = await generateText({ "asyncapi.json": document() });
    await bench.writeAll("sdk", files);
  }, 120_000);

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
    files.flatMap(({ file, names }) =>
      names.flatMap((name) =>
        (["esbuild", "rollup"] as const).map((bundler) => ({ file, name, bundler })),
      ),
    ),
  )("keeps only its own channel: $name by $bundler", async ({ file, name, bundler }) => {
    const code = await bundled(
      bundler,
      `import { ${name} } from "./sdk/${file}.js";\nconsole.log(${name});\n`,
    );
    expect(channelsIn(code)).toEqual([42]);
    expect(Buffer.byteLength(code)).toBeLessThanOrEqual(limits[name][bundler]);
  });

  it.each(Object.keys(bundlers))("contains one of their keys: %s", async (bundler) => {
    const code = await bundled(
      bundler,
      'import { event42 } from "./sdk/keys.js";\nconsole.log(event42.at({ id: "a" }));\n',
    );
    expect(channelsIn(code)).toEqual([42]);
  });
});
