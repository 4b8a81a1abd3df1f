import type { Program } from "./program.js";
import type { Counts } from "./watch.js";

const REDRAW_EVERY = 100; // milliseconds, on a terminal
const PRINT_EVERY = 1_000; // milliseconds, anywhere else

/**
 * Shows the work of the programs: redrawn in place on a terminal, otherwise one line per second.
 */
export class LiveDisplay {
  readonly #programs: readonly Program[];
  readonly #terminal = process.stdout.isTTY;
  readonly #timer: NodeJS.Timeout;
  readonly #started = performance.now();
  #drawn = 0;

  constructor(programs: readonly Program[]) {
    this.#programs = programs;
    const every = this.#terminal ? REDRAW_EVERY : PRINT_EVERY;
    this.#timer = setInterval(() => (this.#terminal ? this.#redraw() : this.#print()), every);
  }

  /** Ends the display; its last content remains. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#terminal) this.#redraw();
    else this.#print();
  }

  #redraw(): void {
    const width = process.stdout.columns;
    const lines = [`${this.#elapsed()} s`];
    for (const { name, counts, line } of this.#programs) {
      lines.push(`${name.padEnd(12)} ${totals(counts).padEnd(34)} ${line}`);
    }
    lines.push("", ...leaders(this.#programs).map((leader, i) => `${i + 1}. ${leader}`));
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : "";
    const text = lines.map((line) => `\u001b[2K${line.slice(0, width - 1)}\n`).join("");
    process.stdout.write(`${up}\u001b[J${text}`);
    this.#drawn = lines.length;
  }

  #print(): void {
    const parts = this.#programs.map(({ name, counts }) => `${name}: ${totals(counts)}`);
    console.log(`${this.#elapsed()} s  ${parts.join(", ")}`);
  }

  #elapsed(): string {
    return ((performance.now() - this.#started) / 1000).toFixed(1);
  }
}

/** @returns The first rows of the history's leaderboard. */
export function leaders(programs: readonly Program[]): string[] {
  const scores = new Map<string, number>();
  for (const program of programs) {
    for (const [name, points] of Object.entries(program.scores)) {
      scores.set(name, (scores.get(name) ?? 0) + points);
    }
  }
  return [...scores]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([name, points]) => `${name} ${points.toFixed(0)}`);
}

function totals(counts: Counts): string {
  return Object.entries(counts)
    .map(([what, byName]) => [what, sum(Object.values(byName))] as const)
    .filter(([, total]) => total > 0)
    .map(([what, total]) => `${what} ${total}`)
    .join(" ");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
