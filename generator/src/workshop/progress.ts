import { printable } from "./report.js";
import type { Outcome, RunStep } from "./sdk-run.js";
import type { Terminal } from "./terminal.js";

/** Shows how far the making of an SDK is: one line, drawn over itself on a terminal, once elsewhere. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #isSilent: boolean;

  constructor(terminal: Terminal, isSilent: boolean) {
    this.#terminal = terminal;
    this.#isSilent = isSilent;
  }

  /** A step begins. */
  step(document: string, step: RunStep, times: Outcome["times"]): void {
    if (this.#terminal.isTerminal) this.#draw(document, [...shown(times), `${step} …`], "");
  }

  /** All steps are done. */
  end({ document, times }: Outcome): void {
    this.#draw(document, shown(times), "\n");
  }

  #draw(document: string, steps: readonly string[], end: string): void {
    if (this.#isSilent) return;
    const { columns, isTerminal } = this.#terminal;
    const line = `${printable(document)}: ${steps.join(", ")}`;
    // A line that wraps cannot be drawn over, and the newest step stands at its end.
    const isCut = end === "" && line.length >= columns;
    const fitting = isCut ? `…${line.slice(2 - columns)}` : line;
    const text = isTerminal ? `\r\u001b[K${fitting}` : line;
    this.#terminal.error(`${text}${end}`);
  }
}

function shown(times: Outcome["times"]): readonly string[] {
  return Object.entries(times).map(([step, time]) => `${step} ${time} ms`);
}
