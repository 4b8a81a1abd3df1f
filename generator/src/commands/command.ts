/** An option of a command: `--name`. */
export type Option = {
  /** What it does; the help fits it into its lines. */
  readonly help: string;
  /** Its letter: `-o`. */
  readonly short?: string;
} & (
  | { readonly type: "boolean" }
  | {
      readonly type: "string";
      /** What its value is, for the help: `folder`. */
      readonly value: string;
      /** The values that it takes; any where there are none. */
      readonly choices?: readonly string[];
      /** Whether it may be given several times. */
      readonly multiple?: boolean;
    }
);

/**
 * The options of a command by their names, in the order of its help. On the command line `importExtension`
 * is `--import-extension`.
 */
export type Options = Readonly<Record<string, Option>>;

type Text<O extends Option> = O extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : string;

type Value<O extends Option> = O extends { readonly type: "boolean" }
  ? boolean
  : O extends { readonly multiple: true }
    ? readonly Text<O>[]
    : Text<O>;

/** What was given for each option; undefined for those that were not. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]?: Value<O[Name]> | undefined;
};

/** What is given to a command without a name. */
export interface Argument {
  /** Its name in the help: `document`. */
  readonly name: string;
  readonly optional?: boolean;
  /** Whether any number of them may be given; the last argument only. */
  readonly many?: boolean;
}

/** Where a command writes to. */
export interface Terminal {
  /** Writes results. */
  out(text: string): void;
  /** Writes progress and problems. */
  error(text: string): void;
  /** Whether problems may be coloured. */
  readonly colored: boolean;
  /** Whether progress and problems are shown on a terminal, where a line can be drawn anew. */
  readonly isTerminal: boolean;
  /** How many characters fit into a line of it. */
  readonly columns: number;
  /** Whether a person is there to answer questions. */
  readonly canAsk: boolean;
}

/** A run of a command. */
export interface Context<O extends Options> {
  /** The arguments without a name; as many as the command declares. */
  readonly args: readonly string[];
  readonly values: Values<O>;
  readonly terminal: Terminal;
}

/**
 * A command of `alternats-gen`. Its module is small, since the help loads all of them: what the command
 * works with is imported by `run`.
 */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** What it does, in a line of at most 60 characters. */
  readonly summary: string;
  readonly arguments: readonly Argument[];
  readonly options: O;
  /** At least one: a command line without the program's name, and what it is good for. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /**
   * Runs it.
   *
   * @returns The exit code: 0 done, 1 what it was given is at fault, 2 wrong usage.
   * @throws UsageError when it is used wrongly
   */
  run(context: Context<O>): Promise<number>;
}

/** Types a command by its options. */
export function defineCommand<const O extends Options>(command: Command<O>): Command<O> {
  return command;
}

/** The command was used wrongly, or its configuration is; the message says what would be right. */
export class UsageError extends Error {
  readonly code = "USAGE";

  /** @param message What is wrong, and what would be right. */
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
