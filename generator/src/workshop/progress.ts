import { printable } from "./report.js";
import type { Outcome, RunStep } from "./sdk-run.js";
import type { Terminal } from "./terminal.js";

/** Shows the progress of an SDK in one line: a terminal overwrites it, other outputs get it once at the end. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #isSilent: boolean;

  constructor(terminal: Terminal, isSilent: boolean) {
    this.#terminal = terminal;
    this.#isSilent = isSilent;
  }

  /** Shows the beginning of a step. */
  step(document: string, step: RunStep, times: Outcome["times"]): void {
    if (this.#terminal.isTerminal) this.#draw(document, [...shown(times), `${step} …`], "");
  }

  /** Shows the end of all steps. */
  end({ document, times }: Outcome): void {
    this.#draw(document, shown(times), "\n");
  }

  #draw(document: string, steps: readonly string[], end: string): void {
    if (this.#isSilent) return;
    const { columns, isTerminal } = this.#terminal;
    const line = `${printable(document)}: ${steps.join(", ")}`;
    // A terminal cannot overwrite a wrapped line, and the newest step is at its end.
    const isCut = end === "" && line.length >= columns;
    const fitting = isCut ? `…${line.slice(2 - columns)}` : line;
    const text = isTerminal ? `\r\u001b[K${fitting}` : line;
    this.#terminal.error(`${text}${end}`);
  }
}

function shown(times: Outcome["times"]): readonly string[] {
  return Object.entries(times).map(([step, time]) => `${step} ${time} ms`);
}
