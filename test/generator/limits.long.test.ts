import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { lacks } from "../support/requirements.js";
import { corpus } from "./support/corpus-index.js";
import {
  documentOf,
  doubling,
  executable,
  expectRefused,
  expectSdk,
  many,
  processorTime,
  refer,
  tellCosts,
} from "./support/limits.js";
import { project, run, Workbench } from "./support/workbench.js";

await whenBuilt("generator");

const hostile: Readonly<Record<string, () => string>> = {
  "references that go round in a ring of 3,000": () =>
    documentOf(many(3_000, (i) => refer((i + 1) % 3_000))),
  "a ring of 20,000 schemas": () =>
    documentOf(many(20_000, (i) => ({ properties: { next: refer((i + 1) % 20_000) } }))),
  "half a million YAML values": () =>
    `asyncapi: 3.0.0\ninfo: { title: t, version: "1" }\nx-a:\n${"  - { a: 1 }\n".repeat(450_000)}`,
};

describe("any document", () => {
  // Most of them only end when their time is over.
  it.concurrent.each(Object.entries(hostile))(
    "ends with a diagnostic within 10 seconds and 512 MiB: %s",
    (_, text) => expectRefused(text()),
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
