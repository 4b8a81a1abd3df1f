import { parseArgs } from "node:util";
import type { AnyCommand } from "../commands/command.js";
import { type Argument, UsageError } from "../commands/command.js";
import { nearest } from "../nearest.js";
import { type Options, refusalOf } from "../option.js";

/** The options of every command. */
export const common = {
  help: { type: "boolean", short: "h", help: "print this help" },
  version: { type: "boolean", short: "v", help: "print the version" },
} as const satisfies Options;

/** The parsed command line of a command. */
export interface ParsedArguments {
  readonly args: readonly string[];
  /** The given options by their names. */
  readonly values: Readonly<Record<string, boolean | string | readonly string[]>>;
  /** The option of every command that was given, if any; the command does not run then. */
  readonly wants: keyof typeof common | undefined;
}

/**
 * Parses the command line after the command's name.
 *
 * @throws UsageError
 */
export function readArguments(command: AnyCommand, args: readonly string[]): ParsedArguments {
  const declared: Options = { ...command.options, ...common };
  const names = new Map(Object.keys(declared).map((name) => [dashed(name), name]));
  const options = Object.fromEntries([...names].map(([dashed, name]) => [dashed, declared[name]!]));
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const help = `See ${lineOf(command)} --help.`;
  const values: Record<string, boolean | string | readonly string[]> = {};
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) throw unknownOption(token.rawName, Object.keys(options), help);
    const name = names.get(token.name) ?? token.name;
    if (option.type === "boolean") {
      if (token.value !== undefined)
        throw new UsageError(`${token.rawName} takes no value. ${help}`);
      values[name] = true;
      continue;
    }
    // A text that begins with a dash is more likely the next option than a value.
    const { value, inlineValue } = token;
    if (value === undefined || value === "" || (!inlineValue && /^-./.test(value)))
      throw new UsageError(`${token.rawName} lacks its <${option.value}>. ${help}`);
    const refusal = refusalOf(option, value, `--${token.name}`);
    if (refusal !== undefined) throw new UsageError(refusal);
    const known = values[name];
    if (option.multiple !== true) values[name] = value;
    else values[name] = Array.isArray(known) ? [...known, value] : [value];
  }
  const wants = values.help === true ? "help" : values.version === true ? "version" : undefined;
  if (wants === undefined) checkCount(command, positionals, help);
  return { args: positionals, values, wants };
}

/** Returns an option's name on the command line: `import-extension` for `importExtension`. */
export function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Returns the beginning of a command's line. */
export function lineOf({ name }: { readonly name: string }): string {
  return `alternats-gen ${name}`;
}

/** Returns an argument as the usage shows it. */
export function argumentText({ name, optional, many }: Argument): string {
  const text = `<${name}>${many === true ? "…" : ""}`;
  return optional === true ? `[${text}]` : text;
}

function checkCount(command: AnyCommand, args: readonly string[], help: string): void {
  const declared = command.arguments;
  const missing = declared[args.length];
  if (missing !== undefined && missing.optional !== true) {
    const usage = [lineOf(command), ...declared.map(argumentText)].join(" ");
    throw new UsageError(`<${missing.name}> is missing: ${usage}`);
  }
  const extra = args[declared.length];
  if (extra !== undefined && declared.at(-1)?.many !== true)
    throw new UsageError(`"${extra}" is one argument too many. ${help}`);
}

function unknownOption(name: string, known: readonly string[], help: string): UsageError {
  const near = nearest(name.replace(/^-+/, ""), known);
  return new UsageError(
    `Unknown option ${name}. ${near === undefined ? help : `Did you mean --${near}?`}`,
  );
}
