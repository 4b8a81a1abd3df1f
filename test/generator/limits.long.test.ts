import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { lacks } from "../support/requirements.js";
import { corpus } from "./support/corpus-index.js";
import {
  documentOf,
  doubling,
  executable,
  expectGenerated,
  expectRefused,
  expectSdk,
  many,
  processorTime,
  refer,
  tellCosts,
} from "./support/limits.js";
import { project, run, Workbench } from "./support/workbench.js";

await whenBuilt("generator");

/** Documents that grow or are nested, and what is said about each, with its place. */
const hostile: Readonly<Record<string, readonly [text: () => string, told: RegExp]>> = {
  "references that go round in a ring of 3,000": [
    () => documentOf(many(3_000, (i) => refer((i + 1) % 3_000))),
    /^asyncapi\.yaml:1:\d+ error The references form a circle/m,
  ],
  "a ring of 20,000 schemas": [
    () => documentOf(many(20_000, (i) => ({ properties: { next: refer((i + 1) % 20_000) } }))),
    /^asyncapi\.yaml:1:225 error `components\.schemas\.S0` begins a chain [\s\S]*\[too-deep\]/m,
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

/** Documents that contain much, but do not grow. */
const large: Readonly<Record<string, () => string>> = {
  "200,000 YAML values": () =>
    `asyncapi: 3.0.0\ninfo: { title: t, version: "1" }\nx-a:\n${"  - { a: 1 }\n".repeat(100_000)}`,
  "an enumeration of 100,000 values": () => documentOf([{ enum: many(100_000, (i) => `v${i}`) }]),
  "a ring of 390 schemas": () =>
    documentOf(many(390, (i) => ({ properties: { next: refer((i + 1) % 390) } }))),
  "300 schemas that refer to ten others each": () =>
    documentOf(
      many(300, (i) => ({
        properties: Object.fromEntries(many(10, (j) => [`p${j}`, refer((i * 7 + j * 31) % 300)])),
      })),
    ),
  "a pattern that backtracks without an end": () =>
    documentOf([{ type: "string", pattern: "^(a+)+$", default: `${"a".repeat(50)}!` }]),
};

describe("any document", () => {
  it.each(Object.entries(hostile))(
    "that grows ends with a diagnostic within 10 seconds and 512 MiB: %s",
    (_, [text, told]) => expectRefused(text(), told),
    120_000,
  );

  it.each(Object.entries(large))(
    "that is only large becomes an SDK: %s",
    (_, text) => expectGenerated(text()),
    120_000,
  );

  it.each(Object.keys(doubling))(
    "becomes an SDK as fast if schemas double at each of 40 steps: %s",
    expectSdk,
    120_000,
  );
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
