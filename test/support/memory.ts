import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** @returns Bytes that this process uses, on the heap and off it, after what nobody needs is gone. */
export function usedMemory(): number {
  collect();
  // What the first one found is freed beside it.
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  // Array buffers are part of what is external where they came from a pool of their own.
  return heapUsed + Math.max(external, arrayBuffers);
}
