import { setImmediate as turn } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { median } from "../harness/statistics.js";

/**
 * What a step allocates on the heap, without what the counting itself and the same step doing nothing
 * would. Memory outside the heap is not counted: how many bytes wait for the server depends on the server.
 *
 * @param steps How often it is done; as often before, for warming up. Between two, a turn of the event loop.
 * @param step What is done.
 * @param nothing The same around nothing.
 * @returns Bytes a step.
 */
export async function allocated(
  steps: number,
  step: () => unknown,
  nothing: () => unknown = () => {},
): Promise<number> {
  await growths(steps, step);
  await growths(steps, nothing);
  const own = median(await growths(steps, nothing));
  // A collection makes the heap shrink; what was allocated in that step is not known.
  const known = (await growths(steps, step)).filter((bytes) => bytes > 0);
  return known.reduce((sum, bytes) => sum + bytes - own, 0) / known.length;
}

async function growths(steps: number, step: () => unknown): Promise<number[]> {
  const used = new Float64Array(steps + 1);
  for (let i = 0; i < steps; i++) {
    used[i] = getHeapStatistics().used_heap_size;
    await step();
    await turn();
  }
  used[steps] = getHeapStatistics().used_heap_size;
  return Array.from(used.subarray(1), (bytes, i) => bytes - used[i]!);
}
