import { cpus, totalmem } from "node:os";
import type { Result } from "./contest.js";

/** The machine and what ran on it; figures mean nothing without. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly server: string;
}

/** @param node The version of Node.js. @param server The version of nats-server. */
export function machine(node: string, server: string): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node,
    server,
  };
}

/** The results of one work as lines of a table. */
export function table(results: readonly Result[]): string {
  const lines = results.map(({ contender, rate, lag, ratio, target }) =>
    row([
      contender,
      perSecond(rate.median),
      `${perSecond(rate.min)} to ${perSecond(rate.max)}`,
      `${lag.toFixed(lag < 10 ? 1 : 0)} ms`,
      ratio === undefined ? "" : ratio.toFixed(2),
      target === undefined || ratio === undefined ? "" : verdict(ratio, target),
    ]),
  );
  return [results[0]?.work, ...lines].join("\n");
}

const widths = [14, 12, 22, 11, 13];

/** The columns of {@link table}. */
export const columns = row([
  "",
  "messages/s",
  "slowest to fastest",
  "loop held",
  "alternats is",
  "target",
]);

function row(cells: readonly string[]): string {
  return `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("")}`.trimEnd();
}

function perSecond(rate: number): string {
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(2)} M`;
  return `${(rate / 1e3).toFixed(rate >= 1e5 ? 0 : 1)} k`;
}

function verdict(ratio: number, target: number): string {
  return `>= ${target}${ratio < target ? ", missed" : ""}`;
}
