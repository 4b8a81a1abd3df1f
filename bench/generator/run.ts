import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "../harness/statistics.js";
import { documentOf } from "./documents.js";
import { type Cost, measure } from "./process.js";

// Whole processes of the generator, against its limits: `node bench/dist/generator/run.js [--rounds 11]`.

const { values } = parseArgs({ options: { rounds: { type: "string", default: "11" } } });
const rounds = Number(values.rounds);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const command = join(root, "generator/bin/alternats-gen.js");
const folder = mkdtempSync(join(tmpdir(), "alternats-bench-"));

/** Reads a document and does nothing with it: what every tool on this parser pays. */
const parser = `
  import { readFileSync } from "node:fs";
  import { Parser } from "@asyncapi/parser";
  const { document } = await new Parser().parse(readFileSync(process.argv[1], "utf8"));
  if (document === undefined) throw new Error("the document is not valid");
`;

const parseOnly = (path: string): Cost => {
  return measure(["--input-type=module", `--eval=${parser}`, "--", path], root);
};
const generate = (path: string): Cost => measure([command, path, "-o", join(folder, "sdk")], root);

/** One after the other by turns, so that what disturbs the machine disturbs all alike. */
function byTurns(...programs: readonly (() => Cost)[]): readonly Cost[] {
  const costs = programs.map((): Cost[] => []);
  for (let i = 0; i < rounds; i++) {
    for (const [j, program] of programs.entries()) costs[j]?.push(program());
  }
  return costs.map((each) => ({
    milliseconds: median(each.map(({ milliseconds }) => milliseconds)),
    processor: median(each.map(({ processor }) => processor)),
    mebibytes: Math.max(...each.map(({ mebibytes }) => mebibytes)),
  }));
}

function tell(what: string, value: number, limit: number, unit: string): void {
  const verdict = value <= limit ? "within" : "OVER";
  console.log(`${what}: ${value.toFixed(2)}${unit}, ${verdict} the limit of ${limit}${unit}`);
}

const show = ({ milliseconds, processor, mebibytes }: Cost): string =>
  `${milliseconds.toFixed(0)} ms (${processor.toFixed(0)} of the processor), ${mebibytes.toFixed(0)} MiB`;

try {
  const corpus = join(root, "../shared/corpus/valid");
  const real = join(corpus, "gamingapi__rust-bundled/rust.asyncapi.json");
  if (existsSync(real)) {
    const [parsing, generating] = byTurns(
      () => parseOnly(real),
      () => generate(real),
    ) as [Cost, Cost];
    console.log(`GamingAPI, only parsed: ${show(parsing)}; generated: ${show(generating)}`);
    tell("generated to parsed", generating.processor / parsing.processor, 2, " times");
  } else {
    console.log("GamingAPI's document is not beside the project: not measured");
  }
  const [hundred, thousand] = [100, 1_000].map((channels) => {
    const path = join(folder, `channels-${channels}.json`);
    writeFileSync(path, documentOf(channels));
    return path;
  }) as [string, string];
  const [few, many, parsed] = byTurns(
    () => generate(hundred),
    () => generate(thousand),
    () => parseOnly(thousand),
  ) as [Cost, Cost, Cost];
  console.log(`100 channels: ${show(few)}; 1,000: ${show(many)}, of which parsed: ${show(parsed)}`);
  tell("1,000 channels to 100", many.processor / few.processor, 10, " times");
  tell("memory for 1,000 channels", many.mebibytes, 512, " MiB");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
