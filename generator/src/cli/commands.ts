import type { AnyCommand, CommandGroup } from "../commands/command.js";

/** The commands by their first word, in the order of the help; each is loaded when it runs or its help is shown. */
export const commands: Readonly<Record<string, () => Promise<AnyCommand | CommandGroup>>> = {
  generate: async () => (await import("../commands/generate/command.js")).generateCommand,
  diff: async () => (await import("../commands/diff/command.js")).diffCommand,
  init: async () => (await import("../commands/init/command.js")).initCommand,
  lint: async () => (await import("../commands/lint/command.js")).lintCommand,
  broker: async () => (await import("../commands/broker/command.js")).brokerCommand,
  provision: async () => (await import("../commands/provision/command.js")).provisionCommand,
  account: async () => (await import("../commands/account/command.js")).accountCommands,
};

/** The command that runs when the command line names none. */
export const defaultCommand = "generate";
