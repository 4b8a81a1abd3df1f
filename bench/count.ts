import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startBroker } from "alternats-broker";
import type { Counts } from "./harness/count-posts.js";

/** `npm run bench:count`: what a million posts of 16 bytes allocate, collect and write. */
const child = fileURLToPath(new URL("./harness/count-child.js", import.meta.url));
await using broker = await startBroker();
const rows: Record<string, Record<string, number>> = {};
for (const name of ["alternats", "nats-js"]) {
  const output = execFileSync(process.execPath, [child, name, broker.url], { encoding: "utf8" });
  const { allocated, collections, writes, turns }: Counts = JSON.parse(output);
  rows[name] = {
    "bytes per message": Number(allocated.toFixed(2)),
    "collections per million": collections,
    "socket.write per million": writes,
    "turns per million": turns,
  };
}
console.table(rows);
