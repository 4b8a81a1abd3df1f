import { existsSync } from "node:fs";
import type { AnyCommand, CommandGroup } from "../commands/command.js";
import { UsageError } from "../commands/command.js";
import { unnamedDocument } from "../commands/document-options.js";
import { nearest } from "../nearest.js";
import { ConfigError } from "../workshop/config/config-error.js";
import type { Terminal } from "../workshop/terminal.js";
import { readArguments } from "./arguments.js";
import { commands, defaultCommand } from "./commands.js";

/**
 * Runs the program.
 *
 * @param args The command line without the program's name.
 * @returns The exit code: 0 for success, 1 for a problem of the document or the folder, 2 for wrong usage.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    const { message } = error.code === "NO_DOCUMENT" ? unnamedDocument("<document>") : error;
    terminal.error(`alternats-gen: ${message}\n`);
    return 2;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first = "", ...rest] = args;
  if (first === "--help" || first === "-h") {
    const { overview } = await import("./help.js");
    terminal.out(overview(await Promise.all(Object.values(commands).map((load) => load()))));
    return 0;
  }
  // No document has this name, and many people try it.
  if (first === "help") return dispatch([...rest, "--help"], terminal);
  const isNamed = Object.hasOwn(commands, first);
  if (!isNamed) checkWord(first);
  const found = await commands[isNamed ? first : defaultCommand]!();
  if (!("commands" in found)) return runCommand(found, isNamed ? rest : args, terminal);
  const [second = "", ...others] = rest;
  if (second === "--help" || second === "-h") {
    const { helpOfGroup } = await import("./help.js");
    const loaded = await Promise.all(Object.values(found.commands).map((load) => load()));
    terminal.out(helpOfGroup(found, loaded));
    return 0;
  }
  const load = Object.hasOwn(found.commands, second) ? found.commands[second] : undefined;
  if (load === undefined) throw unknownOf(found, second);
  return runCommand(await load(), others, terminal);
}

async function runCommand(
  command: AnyCommand,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const parsed = readArguments(command, args);
  if (parsed.wants === "version") {
    const { version } = await import("../version.js");
    terminal.out(`${version}\n`);
    return 0;
  }
  if (parsed.wants === "help") {
    const { helpOf } = await import("./help.js");
    terminal.out(helpOf(command));
    return 0;
  }
  return command.run({ args: parsed.args, values: parsed.values, terminal });
}

function unknownOf({ name, commands }: CommandGroup, word: string): UsageError {
  const known = Object.keys(commands);
  const near = nearest(word, known);
  const begin =
    word === "" ? `alternats-gen ${name} needs a command.` : `Unknown command ${name} ${word}.`;
  const rest = near === undefined ? `There are ${known.join(", ")}.` : `Did you mean ${near}?`;
  return new UsageError(`${begin} ${rest}`);
}

/** Refuses a single word that names no file: it was meant to be a command. */
function checkWord(word: string): void {
  if (!/^[a-z]+$/i.test(word) || existsSync(word)) return;
  const near = nearest(word, Object.keys(commands));
  const suggestion =
    near === undefined
      ? `Commands are ${Object.keys(commands).join(", ")}; there is no such file either.`
      : `Did you mean ${near}?`;
  throw new UsageError(`Unknown command ${word}. ${suggestion}`);
}
