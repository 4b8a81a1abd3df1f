import { readdirSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Counts } from "../counts/counts.js";
import type { Result } from "../harness/contest.js";
import type { LoadResult } from "../load/load.js";
import type { StartUp } from "../start-up.js";

/** All that one run has measured. */
export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  readonly works: readonly Result[];
  /** Who could not take part, and what is missing for it. */
  readonly absent: Readonly<Record<string, string>>;
  readonly counts: readonly Counts[];
  readonly startUp: readonly StartUp[];
  readonly load: readonly LoadResult[];
}

/** The machine and what ran on it; figures mean nothing without. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  /** Of the servers. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Where runs are kept: `node-<major version>.json`. */
export const folder = fileURLToPath(new URL("../../results/", import.meta.url));

/** The runs that are kept, the oldest Node.js first. */
export function readResults(): Results[] {
  const files = readdirSync(folder).filter((name) => /^node-\d+\.json$/.test(name));
  return files.sort().map((name) => JSON.parse(readFileSync(folder + name, "utf8")));
}

/** @param node The version of Node.js. @param versions Those of the servers. */
export function machine(node: string, versions: Machine["versions"]): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node,
    versions,
  };
}

/** The machine in a sentence's part. */
export function described({ cpu, cores, memoryGiB, node, versions }: Machine): string {
  const servers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Node.js ${node}, ${servers.join(", ")}, ${cores} cores of ${cpu}, ${memoryGiB} GiB`;
}

/** A rate for people. */
export function perSecond(rate: number): string {
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(2)} M`;
  return `${(rate / 1e3).toFixed(rate >= 1e5 ? 0 : 1)} k`;
}
