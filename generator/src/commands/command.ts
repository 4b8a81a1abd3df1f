import type { Options, Values } from "../option.js";
import type { Terminal } from "../workshop/terminal.js";

/** A positional argument of a command. */
export interface Argument {
  /** Its name in the help: `document`. */
  readonly name: string;
  readonly optional?: boolean;
  /** `true` if it may be repeated; only for the last argument. */
  readonly many?: boolean;
}

/** Input of a command's run. */
export interface Context<O extends Options> {
  /** The positional arguments; as many as the command declares. */
  readonly args: readonly string[];
  readonly values: Values<O>;
  readonly terminal: Terminal;
}

/**
 * A command of `alternats-gen`. Its module is small, since the help loads all of them: `run` imports the modules
 * that it needs.
 */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** Its purpose, in a line of at most 60 characters. */
  readonly summary: string;
  readonly arguments: readonly Argument[];
  readonly options: O;
  /** At least one: a command line without the program's name, and its purpose. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  /**
   * Runs the command.
   *
   * @returns The exit code: 0 for success, 1 for a problem of the document or the folder, 2 for wrong usage.
   * @throws UsageError for wrong usage
   */
  run(context: Context<O>): Promise<number>;
}

/** A command with any options. */
export interface AnyCommand extends Pick<Command, "name" | "summary" | "examples"> {
  readonly arguments: readonly Argument[];
  readonly options: Options;
  /** @param context Its values have the types of the options. */
  run(context: {
    readonly args: readonly string[];
    readonly values: object;
    readonly terminal: Terminal;
  }): Promise<number>;
}

/** Commands that share their first word. */
export interface CommandGroup {
  readonly name: string;
  /** Their purpose, in a line of at most 60 characters. */
  readonly summary: string;
  /** The commands by their second word, in the order of the help. */
  readonly commands: Readonly<Record<string, () => Promise<AnyCommand>>>;
}

/** Types a command by its options. */
export function defineCommand<const O extends Options>(command: Command<O>): Command<O> {
  return command;
}

/** Wrong usage of the command line; the message says how to correct it. */
export class UsageError extends Error {
  /** Always `USAGE`. */
  readonly code = "USAGE";

  /**
   * @param message Description of the problem and of its correction.
   * @param options `cause`: the error that caused this one, if any.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UsageError";
  }
}
