import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "../harness/statistics.js";
import { documentOf } from "./documents.js";
import { type Cost, measure } from "./process.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const command = join(root, "generator/bin/alternats-gen.js");

/** Parses a document and does nothing with it: the yardstick. */
const parser = `
  import { readFileSync } from "node:fs";
  import { Parser } from "@asyncapi/parser";
  const { document } = await new Parser().parse(readFileSync(process.argv[1], "utf8"));
  if (document === undefined) throw new Error("the document is not valid");
`;

/** Most processor time for a number of channels, in processor time of the yardstick. */
const limits: ReadonlyMap<number, number> = new Map([
  [2, 0.6],
  [100, 0.9],
  [1_000, 3],
  [3_000, 9],
]);

/** Most memory of a run, in MiB. */
const MEMORY = 600;

/**
 * Measures whole runs of the generator against a process that parses a document of two channels, by turns, and prints
 * the medians.
 *
 * @param rounds Number of runs of each size.
 */
export function generator(rounds: number): void {
  const folder = mkdtempSync(join(tmpdir(), "alternats-bench-"));
  try {
    const sizes = [...limits.keys()];
    const path = (channels: number): string => join(folder, `channels-${channels}.yaml`);
    for (const channels of sizes) writeFileSync(path(channels), documentOf(channels));
    const yardstick: Cost[] = [];
    const runs = new Map<number, Cost[]>(sizes.map((channels) => [channels, []]));
    for (let round = 0; round < rounds; round++) {
      yardstick.push(measure(["--input-type=module", `--eval=${parser}`, "--", path(2)], root));
      for (const channels of sizes)
        runs
          .get(channels)
          ?.push(measure([command, path(channels), "-o", join(folder, "sdk")], root));
    }
    const unit = median(yardstick.map(({ processor }) => processor));
    console.log(`yardstick: ${unit.toFixed(0)} ms of the processor; median of ${rounds} rounds`);
    for (const [channels, limit] of limits) tell(channels, runs.get(channels) ?? [], unit, limit);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tell(channels: number, costs: readonly Cost[], unit: number, limit: number): void {
  const processor = median(costs.map((cost) => cost.processor));
  const memory = Math.max(...costs.map(({ mebibytes }) => mebibytes));
  const share = processor / unit;
  const verdict = share <= limit && memory <= MEMORY ? "within" : "OVER";
  console.log(
    `${channels.toLocaleString("en")} channels: ${share.toFixed(2)} of the yardstick (${processor.toFixed(0)} ms), ${memory.toFixed(0)} MiB; ${verdict} ${limit} and ${MEMORY} MiB`,
  );
}
