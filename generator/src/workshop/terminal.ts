/** Output of a command. */
export interface Terminal {
  /** Writes results. */
  out(text: string): void;
  /** Writes progress and problems. */
  error(text: string): void;
  /** `true` if problems may be coloured. */
  readonly colored: boolean;
  /** `true` if progress and problems go to a terminal, which can overwrite a line. */
  readonly isTerminal: boolean;
  /** Number of characters in a line. */
  readonly columns: number;
  /** `true` if a person can answer questions. */
  readonly canAsk: boolean;
}
