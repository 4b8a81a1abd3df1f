import { either, nearest } from "./nearest.js";

/**
 * An option: `--name` of a command, and possibly a key of the configuration. Help, checks, error texts, the
 * JSON Schema of the configuration and the tables of the documentation follow from it.
 */
export type Option = {
  /** Description, without the default. */
  readonly help: string;
  /** Letter of its short form: `o` for `-o`. */
  readonly short?: string;
} & (FlagOption | TextOption);

/** An option that is given or not. */
export interface FlagOption {
  readonly type: "boolean";
}

/** An option with a value. */
export interface TextOption {
  readonly type: "string";
  /** Noun for the value in the help: `folder`. */
  readonly value: string;
  /** The allowed values; any text when left out. */
  readonly choices?: readonly string[];
  /** Further condition on the value. */
  readonly allows?: (value: string) => boolean;
  /** Description of an allowed value, for error texts: `a number such as 4096`; by default the choices. */
  readonly expected?: string;
  /** `true` if it may be given several times. */
  readonly multiple?: boolean;
  /** The value that applies when the option is not given. */
  readonly default?: string;
  /** Description of the behaviour when the option is not given, for one without a default value. */
  readonly otherwise?: string;
}

/** Options by their names. On the command line `importExtension` is `--import-extension`. */
export type Options = Readonly<Record<string, Option>>;

type Text<O extends Option> = O extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : string;

type Value<O extends Option> = O extends { readonly type: "boolean" }
  ? boolean
  : O extends { readonly multiple: true }
    ? readonly Text<O>[]
    : Text<O>;

/** The values of options by their names; options that were not given are missing. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]?: Value<O[Name]>;
};

/** {@link Values} of which any may be undefined as well. */
export type GivenValues<O extends Options> = {
  readonly [Name in keyof O]?: Value<O[Name]> | undefined;
};

/** Returns the description of an option: its choices, its help, and its default. */
export function descriptionOf(option: Option): string {
  if (option.type === "boolean") return option.help;
  const { choices = [], help, otherwise } = option;
  const few = choices.length > 0 && option.expected === undefined ? `${either(choices)}: ` : "";
  const fallback = option.default ?? otherwise;
  return `${few}${help}${fallback === undefined ? "" : `; default: ${fallback}`}`;
}

/** Returns the default values of options, by their names. */
export function defaultsOf(options: Options): Readonly<Record<string, string>> {
  const entries = Object.entries(options).flatMap(([name, option]): [string, string][] =>
    option.type === "string" && option.default !== undefined ? [[name, option.default]] : [],
  );
  return Object.fromEntries(entries);
}

/**
 * Checks one value of an option.
 *
 * @param subject Name of the option in the message: `--role`, `sdks[0].role`.
 * @returns Description of the problem and of the allowed values; undefined for an allowed value.
 */
export function refusalOf(option: Option, value: unknown, subject: string): string | undefined {
  const shown = JSON.stringify(value) ?? String(value);
  if (option.type === "boolean")
    return typeof value === "boolean" ? undefined : `${subject} is true or false, not ${shown}.`;
  const { choices, allows } = option;
  const isText = typeof value === "string" && value !== "";
  const isAllowed = isText && (choices?.includes(value) ?? true) && (allows?.(value) ?? true);
  if (isAllowed) return undefined;
  const expected = option.expected ?? (choices === undefined ? "text" : either(choices));
  const near = isText ? nearest(value, choices ?? []) : undefined;
  const suggestion = near === undefined ? "" : ` Did you mean "${near}"?`;
  return `${subject} is ${expected}, not ${shown}.${suggestion}`;
}
