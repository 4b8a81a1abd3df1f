import type { AnyCommand, CommandGroup } from "../commands/command.js";
import { descriptionOf, type Option } from "../option.js";
import { argumentText, common, dashed, lineOf } from "./arguments.js";
import { defaultCommand } from "./commands.js";

const exitCodes =
  "Exit codes: 0 success, 1 a problem of the document, its changes or the folder,\n2 wrong usage.";

/** Returns the output of `alternats-gen --help`: at most 24 lines of 80 characters. */
export function overview(commands: readonly (AnyCommand | CommandGroup)[]): string {
  // The most used commands; the others have their own help.
  const examples = commands.slice(0, 3).flatMap((each) => {
    return "examples" in each ? (each.examples[0]?.[0] ?? []) : [];
  });
  return `Usage: alternats-gen [<command>] [<arguments>] [options]

Typed NATS SDKs from AsyncAPI documents (2.0 to 3.1, JSON or YAML).

Commands; "${defaultCommand}" is the default:
${summaries(commands)}
Examples:
${examples.map((line) => `  alternats-gen ${line}\n`).join("")}
Options:
  -h, --help     print this help; after a command, its options
  -v, --version  print the version

${exitCodes}
`;
}

/** Returns the output of `--help` after a command's name. */
export function helpOf(command: AnyCommand): string {
  const usage = [lineOf(command), ...command.arguments.map(argumentText), "[options]"].join(" ");
  const rows = Object.entries({ ...command.options, ...common }).map(
    ([name, option]) => [optionText(name, option), descriptionOf(option)] as const,
  );
  const width = Math.max(...rows.map(([text]) => text.length));
  const options = rows.map(([text, help]) => {
    const lines = wrapped(help, 80 - width - 4);
    return `  ${text.padEnd(width)}  ${lines.join(`\n${" ".repeat(width + 4)}`)}\n`;
  });
  const examples = command.examples.map(([line, what]) => `  # ${what}\n  alternats-gen ${line}\n`);
  return `Usage: ${usage}

${capital(command.summary)}.

Options:
${options.join("")}
Examples:
${examples.join("")}
${exitCodes}
`;
}

/** Returns the output of `--help` after the name of a group. */
export function helpOfGroup(group: CommandGroup, commands: readonly AnyCommand[]): string {
  return `Usage: ${lineOf(group)} <command> [<arguments>] [options]

${capital(group.summary)}.

Commands:
${summaries(commands.map((each) => ({ ...each, name: each.name.replace(`${group.name} `, "") })))}
Examples:
${commands.map(({ examples }) => `  alternats-gen ${examples[0]?.[0]}\n`).join("")}
${lineOf(group)} <command> --help shows the options of one.

${exitCodes}
`;
}

function summaries(commands: readonly Pick<AnyCommand, "name" | "summary">[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join("");
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** Wraps words into lines. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function optionText(name: string, option: Option): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  return `${short}--${dashed(name)}${option.type === "string" ? ` <${option.value}>` : ""}`;
}
