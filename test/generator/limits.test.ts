import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { lacks } from "../support/requirements.js";
import { corpus } from "./support/corpus-index.js";
import { generateText, project, run, Workbench } from "./support/workbench.js";

await whenBuilt("generator");
const executable = join(project, "generator/bin/alternats-gen.js");

/** Makes the process say at its end how much memory it had at most, in KiB, and its processor time in ms. */
const tellCosts = `data:text/javascript,${encodeURIComponent(
  'import { isMainThread } from "node:worker_threads"; if (isMainThread) process.on("exit", () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); console.error("KiB:" + maxRSS + "\\nms:" + (userCPUTime + systemCPUTime) / 1000); });',
)}`;

function documentOf(schemas: readonly unknown[]): string {
  return JSON.stringify({
    asyncapi: "2.6.0",
    info: { title: "t", version: "1" },
    servers: { n: { url: "localhost", protocol: "nats" } },
    channels: { a: { subscribe: { message: { payload: refer(0) } } } },
    components: { schemas: Object.fromEntries(schemas.map((schema, i) => [`S${i}`, schema])) },
  });
}

function refer(i: number): object {
  return { $ref: `#/components/schemas/S${i}` };
}

function many<T>(count: number, make: (i: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Documents that grow, each with the place that is told, and what is told about it. */
const hostile: Readonly<Record<string, readonly [text: () => string, told: RegExp]>> = {
  "references that go round in a ring of 3,000": [
    () => documentOf(many(3_000, (i) => refer((i + 1) % 3_000))),
    /^asyncapi\.yaml:1:\d+ error The references form a circle/m,
  ],
  "a ring of 20,000 schemas": [
    () => documentOf(many(20_000, (i) => ({ properties: { next: refer((i + 1) % 20_000) } }))),
    /^asyncapi\.yaml:1:225 error `components\.schemas\.S0` begins a chain .* \[too-deep\]/m,
  ],
  "aliases of aliases": [
    () => {
      const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
      for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`);
      return `asyncapi: 3.0.0\ninfo: { title: t, version: "1" }\nx-a:\n  ${lines.join("\n  ")}\n`;
    },
    /^asyncapi\.yaml:13:3 error `x-a\.a9` stands for [\d,]+ values .* `limits` \(100\).* \[too-costly\]|^asyncapi\.yaml:13:3 error `x-a\.a9` stands for .*\n.*`limits` \(100\)/m,
  ],
  "an alias of itself": [
    () => "asyncapi: 3.0.0\ninfo: &i { x: *i }\n",
    /^asyncapi\.yaml:2:12 error An alias refers to a value that contains it/m,
  ],
  "four million brackets": [
    () => `asyncapi: 3.0.0\nx-a: ${"[".repeat(4_000_000)}`,
    /^asyncapi\.yaml:1:1 error Values are nested deeper than 256 levels/m,
  ],
};

/** Each holds the next one twice, so that the last would stand in a million million places. */
const doubling: Readonly<Record<string, (next: object) => object>> = {
  "two properties": (next) => ({ type: "object", properties: { a: next, b: next } }),
  "`allOf`": (next) => ({ allOf: [next, next] }),
  "a tuple": (next) => ({ type: "array", prefixItems: [next, next] }),
};

/** Documents that contain much, and grow in nothing. */
const large: Readonly<Record<string, () => string>> = {
  "half a million YAML values": () =>
    `asyncapi: 3.0.0\ninfo: { title: t, version: "1" }\nx-a:\n${"  - { a: 1 }\n".repeat(250_000)}`,
  "an enumeration of 100,000 values": () => documentOf([{ enum: many(100_000, (i) => `v${i}`) }]),
  "a ring of 900 schemas": () =>
    documentOf(many(900, (i) => ({ properties: { next: refer((i + 1) % 900) } }))),
  "300 schemas that refer to ten others each": () =>
    documentOf(
      many(300, (i) => ({
        properties: Object.fromEntries(many(10, (j) => [`p${j}`, refer((i * 7 + j * 31) % 300)])),
      })),
    ),
  "a pattern that backtracks without an end": () =>
    documentOf([{ type: "string", pattern: "^(a+)+$", default: `${"a".repeat(50)}!` }]),
};

/** The processor's time that a process took, in milliseconds: on a busy machine the time that passes says little. */
function processorTime(output: string): number {
  return Number(/^ms:([\d.]+)$/m.exec(output)?.[1]);
}

async function runMeasured(
  bench: Workbench,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const result = await run(
    process.execPath,
    ["--import", tellCosts, executable, "asyncapi.yaml"],
    bench.folder,
  );
  expect(processorTime(result.output)).toBeLessThan(10_000);
  expect(Number(/^KiB:(\d+)$/m.exec(result.output)?.[1])).toBeLessThan(512 * 1024);
  return result;
}

describe("any document", () => {
  it.concurrent.each(Object.entries(hostile))(
    "that grows ends with a diagnostic within 10 seconds and 512 MiB: %s",
    async (_, [text, told]) => {
      await using bench = await Workbench.open();
      await bench.write("asyncapi.yaml", text());
      const { code, output } = await runMeasured(bench);
      expect(code).toBe(1);
      expect(output).toMatch(told);
      expect(await bench.list()).not.toContain("sdk");
      // As a library, in this process.
      const { files, diagnostics } = await generateText({ "asyncapi.yaml": text() });
      expect(files).toEqual([]);
      expect(diagnostics[0]?.severity).toBe("error");
    },
    120_000,
  );

  it.each(Object.entries(large))(
    "that is only large becomes an SDK: %s",
    async (_, text) => {
      const { files, diagnostics } = await generateText({ "asyncapi.yaml": text() });
      expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(files.map(({ path }) => path)).toContain("types.ts");
    },
    120_000,
  );

  it("that grows becomes an SDK if its author raises the limit", async () => {
    const text = `asyncapi: 3.0.0
info: { title: t, version: "1" }
servers: { n: { host: h, protocol: nats } }
x-a: &a [${"1, ".repeat(400)}]
x-b: &b [${"*a, ".repeat(400)}]
`;
    const told = async (limits?: string): Promise<readonly string[]> => {
      const { diagnostics } = await generateText({ "a.yaml": text }, limits ? { limits } : {});
      return diagnostics.map(({ code, line }) => `${line} ${code}`);
    };
    expect(await told()).toEqual(["5 too-costly"]);
    expect(await told("500")).toEqual([]);
    expect(await told("none")).toEqual([]);
  });

  it.each(Object.keys(doubling))(
    "becomes an SDK as fast if schemas double at each of 40 steps: %s",
    async (name) => {
      const step = doubling[name];
      await using bench = await Workbench.open();
      const last = { type: "object" };
      await bench.write(
        "asyncapi.yaml",
        documentOf(many(40, (i) => (i < 39 ? step?.(refer(i + 1)) : last))),
      );
      expect(await runMeasured(bench)).toMatchObject({ code: 0 });
      expect(await bench.list("sdk")).toContain("types.ts");
    },
    120_000,
  );

  it("becomes no SDK if one of such schemas is invalid", async () => {
    const schemas = many(40, (i) => ({ properties: { a: refer((i + 1) % 40), b: refer(i) } }));
    const text = documentOf([...schemas, { type: "obj" }]);
    const { files, diagnostics } = await generateText({ "a.json": text });
    expect(files).toEqual([]);
    expect(diagnostics.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^components\.schemas\.S40\.type: /),
    );
  });
});

/** Reads a document and does nothing with it: what every tool on this parser pays. */
const parser = `
  import { readFileSync } from "node:fs";
  import { Parser } from "@asyncapi/parser";
  const { document } = await new Parser().parse(readFileSync(process.argv[1], "utf8"));
  if (document === undefined) throw new Error("the document is not valid");
`;

describe.skipIf(lacks("corpus"))("GamingAPI's document", () => {
  it("becomes an SDK in at most twice the processor time of a process that only parses it", async () => {
    await using bench = await Workbench.open();
    const document = join(corpus, "valid/gamingapi__rust-bundled/rust.asyncapi.json");
    const programs = {
      generates: [executable, document, "-o", join(bench.folder, "sdk")],
      parses: ["--input-type=module", `--eval=${parser}`, "--", document],
    };
    const took = { generates: 0, parses: 0 };
    for (const name of ["generates", "parses"] as const) {
      const args = ["--import", tellCosts, ...programs[name]];
      const { code, output } = await run(process.execPath, args, join(project, "generator"));
      expect(code, output).toBe(0);
      took[name] = processorTime(output);
    }
    console.log("milliseconds of the processor:", took);
    expect(took.generates / took.parses).toBeLessThan(2);
  }, 60_000);
});
