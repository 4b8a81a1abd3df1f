import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { execPath } from "node:process";
import { parseArgs } from "node:util";
import { startBroker } from "alternats-broker";
import { contest, type Result } from "./harness/contest.js";
import { columns, machine, table } from "./harness/report.js";
import { works } from "./work/work.js";

/** `npm run bench -- [words of a name …] [--rounds n] [--warm-ups n] [--json file] [--node executable]` */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "9" },
    "warm-ups": { type: "string", default: "3" },
    json: { type: "string" },
    node: { type: "string", default: execPath },
  },
});

const chosen = works.filter(
  ({ name }) => positionals.length === 0 || positionals.some((words) => name.includes(words)),
);
if (chosen.length === 0) {
  console.error(`No work has such a name. There are:\n${works.map(({ name }) => name).join("\n")}`);
  process.exit(2);
}

// The contenders that count bytes must not be sent PINGs.
await using broker = await startBroker({ config: 'ping_interval: "1h"' });
const server = broker.log().match(/Version: +(\S+)/)?.[1] ?? "unknown";
const node = execFileSync(values.node, ["--version"], { encoding: "utf8" }).trim();
const on = machine(node, server);
console.log(
  `Node.js ${on.node}, nats-server ${on.server}, ${on.cores} cores of ${on.cpu}, ${on.memoryGiB} GiB; ` +
    `median of ${values.rounds} rounds\n\n${columns}`,
);

const results: Result[] = [];
for (const work of chosen) {
  const measured = await contest(work, {
    url: broker.url,
    node: values.node,
    rounds: Number(values.rounds),
    warmUps: Number(values["warm-ups"]),
  });
  console.log(table(measured));
  results.push(...measured);
}
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify({ machine: on, results }, undefined, 2)}\n`);
}
