import { existsSync } from "node:fs";
import { readArguments } from "./arguments.js";
import { type Terminal, UsageError } from "./command.js";
import { commands, defaultCommand } from "./commands.js";
import { nearest } from "./nearest.js";

/**
 * Runs the program.
 *
 * @param args The command line without the program's name.
 * @returns The exit code: 0 done, 1 what it was given is at fault, 2 wrong usage.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.error(`alternats-gen: ${error.message}\n`);
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
  const isNamed = Object.hasOwn(commands, first);
  if (!isNamed) checkWord(first);
  const command = await commands[isNamed ? first : defaultCommand]!();
  const parsed = readArguments(command, isNamed ? rest : args);
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

/** A single word that names no file was meant to be a command. */
function checkWord(word: string): void {
  if (!/^[a-z]+$/i.test(word) || existsSync(word)) return;
  const near = nearest(word, Object.keys(commands));
  const suggestion =
    near === undefined
      ? `Commands are ${Object.keys(commands).join(", ")}; no file is called so either.`
      : `Did you mean ${near}?`;
  throw new UsageError(`Unknown command ${word}. ${suggestion}`);
}
