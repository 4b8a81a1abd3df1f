import { Socket } from "node:net";
import { PerformanceObserver, performance } from "node:perf_hooks";
import { argv, stdout } from "node:process";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connect as connectAlternats } from "../contenders/alternats.js";
import { connect as connectNatsJs } from "../contenders/nats-js.js";
import type { Client } from "../work/client.js";
import { allocated } from "./growth.js";

/** Counts one client's posts or requests in a process of its own and prints the counts as JSON. */
const modes = { allocations, causes, requests, respond };
const inFlight = 256;
const value = Buffer.alloc(16, "x");

const [, , mode, name, url, window] = argv as [string, string, keyof typeof modes, ...string[]];
const connect = name === "alternats" ? connectAlternats : connectNatsJs;
const client = await connect({ url: url! }, "counted", "bytes");
const counted = JSON.stringify(await modes[mode](client, Number(window)));
stdout.write(`${counted}\n`, () => mode === "respond" || process.exit());

/** What a million posts of a ready payload allocate, in windows, yielding but not awaiting between them. */
async function allocations({ post, flush }: Client, window: number) {
  const bytes = await allocated(1_000_000 / window, () => postAll(post, window));
  await flush();
  return { bytes: bytes / window };
}

/** What else they cause. */
async function causes({ post, flush }: Client, window: number) {
  const all = async () => {
    for (let left = 1_000_000; left > 0; left -= window) {
      postAll(post, window);
      await turn();
    }
  };
  await all();
  await flush();
  collectGarbage();
  const collected = countCollections();
  const written = countWrites();
  const { loopCount } = performance.nodeTiming.uvMetricsInfo;
  await all();
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount - loopCount;
  const writes = written();
  const collections = await collected();
  await flush();
  return { collections, writes, turns };
}

function postAll(post: Client["post"], count: number): void {
  for (let i = 0; i < count; i++) post(value);
}

/** Requests with 256 in flight, without what their callers' own awaits allocate. */
async function requests({ request }: Client) {
  const each = 8;
  const loops = (ask: () => Promise<unknown>) => () =>
    Promise.all(
      Array.from({ length: inFlight }, async () => {
        for (let i = 0; i < each; i++) await ask();
      }),
    );
  const ask = loops(() => request(value));
  const bytes = await allocated(
    20,
    ask,
    loops(() => Promise.resolve(value)),
  );
  return { bytes: bytes / (inFlight * each) };
}

async function respond({ echo }: Client) {
  await echo();
  return "ready";
}

/** @returns Ends the counting and tells the count. */
function countCollections(): () => Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    count += list.getEntries().length;
  });
  observer.observe({ entryTypes: ["gc"] });
  return async () => {
    // The observer is told of a collection a turn later.
    await turn();
    await turn();
    observer.disconnect();
    return count;
  };
}

/** @returns Ends the counting and tells the count. */
function countWrites(): () => number {
  let count = 0;
  const { write } = Socket.prototype;
  Socket.prototype.write = function counted(this: Socket, ...args: never[]) {
    count++;
    return write.apply(this, args as never);
  };
  return () => {
    Socket.prototype.write = write;
    return count;
  };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
