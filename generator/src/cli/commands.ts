import type { Argument, Command, Options, Terminal } from "../commands/command.js";

/** A command whatever its options. */
export interface AnyCommand extends Pick<Command, "name" | "summary" | "examples"> {
  readonly arguments: readonly Argument[];
  readonly options: Options;
  /** @param context Its values are of the types that the options say. */
  run(context: {
    readonly args: readonly string[];
    readonly values: object;
    readonly terminal: Terminal;
  }): Promise<number>;
}

/** Commands that share their first word. */
export interface CommandGroup {
  readonly name: string;
  /** What they are for, in a line of at most 60 characters. */
  readonly summary: string;
  /** By the second word, in the order of the help. */
  readonly commands: Readonly<Record<string, () => Promise<AnyCommand>>>;
}

/** The commands by their first word, in the order of the help; each is loaded when it is run, or its help is shown. */
export const commands: Readonly<Record<string, () => Promise<AnyCommand | CommandGroup>>> = {
  generate: async () => (await import("../commands/generate/command.js")).generateCommand,
  diff: async () => (await import("../commands/diff/command.js")).diffCommand,
  init: async () => (await import("../commands/init/command.js")).initCommand,
  lint: async () => (await import("../commands/lint/command.js")).lintCommand,
  broker: async () => (await import("../commands/broker/command.js")).brokerCommand,
  account: async () => (await import("../commands/account/command.js")).accountCommands,
};

/** The command that runs where none is named. */
export const defaultCommand = "generate";
