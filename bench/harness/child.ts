import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { argv, cpuUsage, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import type { ContenderName, Prepare } from "../work/work.js";
import type { Sample } from "./contender.js";

/** One contender in a process of its own: connects, says so, then takes one sample for each line it is sent. */
const contenders: Record<Exclude<ContenderName, "nats.c">, () => Promise<{ prepare: Prepare }>> = {
  alternats: () => import("../contenders/alternats.js"),
  "alternats SDK": () => import("../contenders/alternats-sdk.js"),
  "alternats/nats-core": () => import("../contenders/nats-core.js"),
  "nats.js": () => import("../contenders/nats-js.js"),
  "raw socket": () => import("../contenders/raw-socket.js"),
  ioredis: () => import("../contenders/ioredis.js"),
  "node-redis": () => import("../contenders/node-redis.js"),
};

const [, , name, task] = argv as [string, string, keyof typeof contenders, string];
const { prepare } = await contenders[name]();
const run = await prepare(JSON.parse(task));
const delay = monitorEventLoopDelay({ resolution: 1 });

stdout.write(`${JSON.stringify("ready")}\n`);
for await (const _line of createInterface(stdin)) {
  delay.reset();
  delay.enable();
  // The monitor measures from one tick of its timer to the next: one before the work, one after.
  await setTimeout(5);
  const processor = cpuUsage();
  const begin = performance.now();
  await run();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = cpuUsage(processor);
  await setTimeout(5);
  delay.disable();
  const sample: Sample = { seconds, lag: delay.max / 1e6, processor: (user + system) / 1e6 };
  stdout.write(`${JSON.stringify(sample)}\n`);
}
process.exit();
