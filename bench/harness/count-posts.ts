import { Socket } from "node:net";
import { PerformanceObserver, performance } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Client } from "../work/client.js";
import { median } from "./statistics.js";

/** What does not depend on the machine's mood. */
export interface Counts {
  /** Bytes allocated on the JavaScript heap per message. */
  readonly allocated: number;
  /** Garbage collections per million messages. */
  readonly collections: number;
  /** Calls of a socket's `write` per million messages. */
  readonly writes: number;
  /** Turns of the event loop per million messages. */
  readonly turns: number;
}

/**
 * Posts a ready value in windows, after as many for warming up. Between two windows it yields one turn
 * of the event loop, but awaits nothing.
 *
 * Memory outside the heap is not counted: how many bytes wait for the server depends on the server.
 */
export async function countPosts(
  client: Pick<Client, "post" | "flush">,
  value: unknown,
  { messages = 1_000_000, window = 2000 } = {},
): Promise<Counts> {
  const windows = messages / window;
  const post = () => {
    for (let i = 0; i < window; i++) client.post(value);
  };
  await growths(windows, post);
  await client.flush();
  const counting = median(await growths(windows, () => {}));

  collectGarbage();
  const collected = countCollections();
  const written = countWrites();
  const { loopCount } = performance.nodeTiming.uvMetricsInfo;
  const grown = await growths(windows, post);
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount - loopCount;
  const writes = written();
  const collections = await collected();
  await client.flush();

  // A collection makes a window shrink; what was allocated in that one is not known.
  const known = grown.filter((bytes) => bytes > 0);
  const allocated = known.reduce((sum, bytes) => sum + bytes - counting, 0);
  const million = messages / 1e6;
  return {
    allocated: allocated / (known.length * window),
    collections: collections / million,
    writes: writes / million,
    turns: turns / million,
  };
}

/** Runs a window in each turn of the event loop. @returns The heap's growth in bytes, by window. */
async function growths(windows: number, run: () => void): Promise<number[]> {
  const used = new Float64Array(windows + 1);
  await new Promise<void>((resolve) => {
    let next = 0;
    const step = () => {
      used[next] = getHeapStatistics().used_heap_size;
      if (next++ === windows) return resolve();
      run();
      setImmediate(step);
    };
    setImmediate(step);
  });
  return Array.from(used.subarray(1), (bytes, i) => bytes - used[i]!);
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
