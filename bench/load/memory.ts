import { performance } from "node:perf_hooks";

/** Memory of a process (its resident set) while it worked, in MiB. */
export interface Memory {
  readonly start: number;
  readonly max: number;
  readonly end: number;
  /** Pairs of seconds since the start and MiB; the largest of each stretch of time. */
  readonly over: readonly (readonly [number, number])[];
}

const points = 50;

/** Watches this process' memory from now on. @returns Ends the watching. */
export function watchMemory(): () => Memory {
  const begin = performance.now();
  const samples: [number, number][] = [];
  const take = () => {
    const seconds = (performance.now() - begin) / 1000;
    samples.push([Number(seconds.toFixed(2)), Math.round(process.memoryUsage.rss() / 2 ** 20)]);
  };
  take();
  const timer = setInterval(take, 10);
  return () => {
    clearInterval(timer);
    take();
    const perPoint = Math.ceil(samples.length / points);
    const over: [number, number][] = [];
    for (let i = 0; i < samples.length; i += perPoint) {
      const part = samples.slice(i, i + perPoint);
      over.push([part[0]![0], Math.max(...part.map(([, mebibytes]) => mebibytes))]);
    }
    return {
      start: samples[0]![1],
      max: Math.max(...samples.map(([, mebibytes]) => mebibytes)),
      end: samples.at(-1)![1],
      over,
    };
  };
}
