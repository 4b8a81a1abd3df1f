import { parseArgs } from "node:util";
import type { GenerateOptions } from "../generate.js";
import type { Role, Validate } from "../model/sdk.js";

/** The command was used wrongly; the message says how it is used. */
export class UsageError extends Error {}

/** What the command line asks for. */
export type Request =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | {
      readonly kind: "generate";
      readonly document: string;
      readonly output: string;
      /** The folder that references may reach; the document's own when undefined. */
      readonly root: string | undefined;
      readonly options: GenerateOptions;
      /** Whether a program reads what is reported. */
      readonly json: boolean;
    };

const options = {
  output: { type: "string", short: "o" },
  root: { type: "string" },
  role: { type: "string" },
  validate: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

/** What `--help` prints. */
export const help = `Usage: alternats-gen <document> [options]

Writes a typed NATS SDK for an AsyncAPI document (2.0 to 3.1, JSON or YAML).

Options:
  -o, --output <folder>  where the SDK goes; "sdk" by default
      --root <folder>    the folder that the document's references may reach;
                         the document's own by default
      --role <side>      application or client: only what that side does;
                         both sides by default
      --validate <when>  receive, send or both: hold messages against their
                         schemas; never by default
      --json             report as JSON
  -h, --help             print this help
  -v, --version          print the version

Exit codes: 0 done, 1 the document or the folder is at fault, 2 wrong usage.
`;

/**
 * Reads the command line.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): Request {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "option" && !Object.hasOwn(options, token.name))
      throw unknownOption(token.rawName);
  }
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };
  const [document, second] = positionals;
  if (document === undefined)
    throw new UsageError("Name the AsyncAPI document: alternats-gen <document>");
  if (second !== undefined)
    throw new UsageError(`One document at a time; "${second}" is a second one.`);
  const role = oneOf("role", values.role, roles);
  const validate = oneOf("validate", values.validate, validations);
  return {
    kind: "generate",
    document,
    output: values.output ?? "sdk",
    root: values.root,
    options: { ...(role && { role }), ...(validate && { validate }) },
    json: values.json ?? false,
  };
}

const roles: readonly Role[] = ["application", "client"];
const validations: readonly Validate[] = ["receive", "send", "both"];

function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  const known = allowed.find((each) => each === value);
  if (value === undefined || known !== undefined) return known;
  const names = `${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}`;
  throw new UsageError(`--${option} is ${names}, not "${value}".`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // parseArgs explains at length what might have been meant; its first sentence says what is wrong.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.replace(/(?<=[^.])\n[\s\S]*$/, ""));
  }
}

function unknownOption(name: string): UsageError {
  const known = Object.keys(options).map((option) => `--${option}`);
  const wanted = name.startsWith("--") ? name : `-${name}`;
  const nearest = known
    .map((option) => ({ option, distance: distance(wanted, option) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const suggestion =
    nearest !== undefined && nearest.distance <= 3
      ? ` Did you mean ${nearest.option}?`
      : " See alternats-gen --help.";
  return new UsageError(`Unknown option ${name}.${suggestion}`);
}

/** Levenshtein's distance: insertions, deletions and replacements. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
