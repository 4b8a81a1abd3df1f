import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { barChart, type Group } from "./chart.js";
import { allTables, summaryTable } from "./markdown.js";
import { folder, type Results, readResults } from "./results.js";

/** The works that the project's first page shows, and what they are called there. */
const shown: ReadonlyMap<string, string> = new Map([
  ["post 16 B", "publish, 16 B"],
  ["publish -> subscribe, 16 B, windows of 2,000", "publish → subscribe, 16 B"],
  ["request, 256 in flight, 16 B", "request, 256 in flight"],
  ["game event as JSON, publish -> subscribe", "a game event as JSON, publish → subscribe"],
]);

/** Writes the charts, and the figures into `bench/README.md` and the project's, from the runs that are kept. */
export function writeReport(): void {
  const runs = readResults();
  const [first] = runs;
  if (first === undefined) throw new Error(`There are no results in ${folder}.`);
  for (const run of runs) {
    const name = `node-${major(run)}.svg`;
    writeFileSync(folder + name, barChart(`Messages a second, Node.js ${major(run)}`, groups(run)));
  }
  const whole = runs.map((run) =>
    [`### Node.js ${major(run)}`, chart(run, "results/"), allTables(run)].join("\n\n"),
  );
  fill("../../README.md", whole.join("\n\n"));
  const { machine, rounds } = first;
  const summary = [
    chart(first, "bench/results/"),
    summaryTable(runs, shown),
    `${machine.cores} cores shared by nats-server, publisher and subscriber; medians of ${rounds} rounds. [How it is measured, and all of it](bench/).`,
  ];
  fill("../../../README.md", summary.join("\n\n"));
}

function chart(run: Results, path: string): string {
  return `![Messages a second beside nats.js, nats.c and a raw socket](${path}node-${major(run)}.svg)`;
}

function groups(run: Results): Group[] {
  return [...shown].map(([work, name]) => ({
    name,
    bars: run.works
      .filter((result) => result.work === work)
      .map(({ contender, rate }) => ({ name: contender, rate: rate.median })),
  }));
}

function major({ machine }: Results): string {
  return machine.node.replace(/^v(\d+).*/, "$1");
}

/** Replaces what stands between the markers. */
function fill(path: string, text: string): void {
  const file = fileURLToPath(new URL(path, import.meta.url));
  const old = readFileSync(file, "utf8");
  const filled = old.replace(
    /(<!-- bench -->\n)[\s\S]*(<!-- \/bench -->)/,
    (_, begin, end) => `${begin}\n${text}\n\n${end}`,
  );
  if (!filled.includes(text)) throw new Error(`${file} has no place marked <!-- bench -->.`);
  writeFileSync(file, filled);
}
