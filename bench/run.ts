import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { execPath } from "node:process";
import { parseArgs } from "node:util";
import { type Counts, counts } from "./counts/counts.js";
import { generator } from "./generator/run.js";
import { contest, type Result } from "./harness/contest.js";
import { Setting } from "./harness/setting.js";
import { type LoadResult, underLoad } from "./load/load.js";
import { countsTable, loadTable, worksTable } from "./report/markdown.js";
import { writeReport } from "./report/report.js";
import { described, folder, machine, type Results } from "./report/results.js";
import { type StartUp, startUp } from "./start-up.js";
import { works } from "./work/work.js";

/** `npm run bench -- [words of a name …] [--rounds n] [--warm-ups n] [--node24 | --node executable] [--save] [--report]` */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "7" },
    "warm-ups": { type: "string", default: "2" },
    node: { type: "string", default: execPath },
    node24: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
  },
});

// Whole runs of the generator belong to no other measurement.
if (positionals.includes("generator")) generator(Number(values.rounds));
else if (!values.report) await run();
if (values.save || values.report) writeReport();

async function run(): Promise<void> {
  const wanted = (name: string) =>
    positionals.length === 0 || positionals.some((words) => name.includes(words));
  const chosen = works.filter(({ name }) => wanted(name));
  const others = ["counts", "start-up", "load"].filter(wanted);
  if (chosen.length + others.length === 0) {
    const names = [...works.map(({ name }) => name), "counts", "start-up", "load"];
    throw new Error(`Nothing has such a name. There are:\n${names.join("\n")}`);
  }
  if (values.save && positionals.length > 0) throw new Error("What is kept is a whole run.");

  const node = values.node24 ? node24() : values.node;
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  const rounds = { rounds: Number(values.rounds), warmUps: Number(values["warm-ups"]) };
  const measured: Result[] = [];
  let on: Results["machine"];
  let absent: Results["absent"];
  {
    await using setting = await Setting.prepare(chosen, node);
    on = machine(version, setting.versions);
    absent = Object.fromEntries(setting.absent);
    console.log(`${described(on)}; median of ${values.rounds} rounds`);
    for (const [name, why] of setting.absent) console.log(`Not measured: ${name} ${why}.`);
    for (const work of chosen) {
      if (Object.keys(work.peers).every((name) => name in absent)) continue;
      const results = await contest(work, setting, rounds);
      console.log(`\n${worksTable(results)}`);
      measured.push(...results);
    }
  }

  const counted: Counts[] = others.includes("counts") ? await counts(node) : [];
  if (counted.length > 0) console.log(`\n${countsTable(counted)}`);
  const started: StartUp[] = others.includes("start-up") ? startUp(node, 2 * rounds.rounds) : [];
  for (const { import: name, milliseconds } of started) {
    console.log(`\nimport "${name}": ${milliseconds} ms above bare Node.js`);
  }
  const loaded: LoadResult[] = others.includes("load") ? await underLoad(node) : [];
  if (loaded.length > 0) console.log(`\n${loadTable(loaded)}`);

  if (!values.save) return;
  const results: Results = {
    machine: on,
    rounds: rounds.rounds,
    works: measured,
    absent,
    counts: counted,
    startUp: started,
    load: loaded,
  };
  const [, major] = version.match(/^v(\d+)/)!;
  mkdirSync(folder, { recursive: true });
  const file = `${folder}node-${major}.json`;
  writeFileSync(file, JSON.stringify(results, undefined, 2));
  execFileSync("npx", ["biome", "format", "--write", file]);
}

/** @returns The executable of Node.js 24, which npm fetches once and keeps in its cache. */
function node24(): string {
  const args = ["exec", "--yes", "--package=node@24", "--", "node", "-p", "process.execPath"];
  return execFileSync("npm", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}
