import type { Options, Values } from "./option.js";

/** The options of an SDK: on the command line, in the configuration, and for programs. */
export const generateOptions = {
  /** Side that the SDK takes: only what the application does, or only what its clients do; both sides by default. */
  role: {
    type: "string",
    value: "side",
    choices: ["application", "client"],
    help: "generate only the operations of that side",
    otherwise: "both sides",
  },
  /** Messages that the SDK validates: received ones, sent ones, or both; none by default. */
  validate: {
    type: "string",
    value: "when",
    choices: ["receive", "send", "both"],
    help: "validate messages against their schemas",
    otherwise: "never",
  },
  /** Type of properties of the format `date-time`: text, or `Date` objects; `string` by default. */
  dates: {
    type: "string",
    value: "form",
    choices: ["string", "date"],
    help: "type of properties with the format date-time: text, or Date objects",
    default: "string",
  },
  /** Components that become types: those that messages use, or all of them; `used` by default. */
  schemas: {
    type: "string",
    value: "which",
    choices: ["used", "all"],
    help: "types for the schemas that messages use, or for all schemas under components",
    default: "used",
  },
  /** A received message that fits several messages of its channel: delivered without a name, or refused; `deliver` by default. */
  ambiguous: {
    type: "string",
    value: "outcome",
    choices: ["deliver", "refuse"],
    help: "messages that fit several types of a channel: delivered without a name, or refused",
    default: "deliver",
  },
  /** Type of integers that may be beyond 2^53: numbers, texts or bigints; `number` by default. */
  int64: {
    type: "string",
    value: "type",
    choices: ["number", "string", "bigint"],
    help: "type of integers that may be beyond 2^53",
    default: "number",
  },
  /** `true` to report errors in parts of the document that have no effect on the SDK as warnings. */
  lenient: {
    type: "boolean",
    help: "only warn of errors in info, tags, security, descriptions, examples and bindings of other protocols",
  },
  /** Ending of imports between the SDK's files: `./keys.js`, `./keys.ts` or `./keys`; `js` by default. */
  importExtension: {
    type: "string",
    value: "extension",
    choices: ["js", "ts", "none"],
    help: "file extension in the SDK's imports",
    default: "js",
  },
  /** End of lines; `lf` by default. */
  lineEnding: {
    type: "string",
    value: "ending",
    choices: ["lf", "crlf"],
    help: "line endings",
    default: "lf",
  },
  /** Language: TypeScript, or a package ready to publish (`.js`, `.d.ts` and `package.json`); `ts` by default. */
  target: {
    type: "string",
    value: "language",
    choices: ["ts", "js"],
    help: "TypeScript, or a package ready to publish",
    default: "ts",
  },
  /** Name of the package, with `target: "js"`; the document's title and `-sdk` by default. */
  package: {
    type: "string",
    value: "name",
    help: "name of the package, with target js",
    otherwise: "the document's title and -sdk",
    allows: (name) => /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name),
    expected: "a name for npm (small letters, digits, - . _ ~, perhaps after @scope/)",
  },
  /**
   * Limit on the growth of a document: number of values with references and aliases written out, for each value in the
   * files, or `none`; 100 by default.
   */
  limits: {
    type: "string",
    value: "growth",
    help: "values with references and aliases written out, for each value in the files; none lifts the limit for a document that you trust",
    default: "100",
    allows: (growth) => /^(?:none|[1-9]\d{0,8})$/.test(growth),
    expected: "a number such as 500, or none",
  },
} as const satisfies Options;

/** Options of {@link generate}. */
export interface GenerateOptions extends Values<typeof generateOptions> {
  /** Templates that replace templates of the package alternats-template. */
  readonly templates?: readonly TemplateFile[];
  /**
   * Streams that store channels, by name, for documents that declare none; written as `x-alternats-streams`.
   * A channel belongs to the stream whose `subjects` cover its own.
   */
  readonly streams?: StreamOptions;
  readonly models?: ModelOptions;
}

/** Side that an SDK takes. */
export type Role = NonNullable<GenerateOptions["role"]>;

/** Messages that an SDK validates. */
export type Validate = NonNullable<GenerateOptions["validate"]>;

/** Type of a `date-time` in an SDK. */
export type DateForm = NonNullable<GenerateOptions["dates"]>;

/** Outcome of a received message that fits several messages. */
export type Ambiguous = NonNullable<GenerateOptions["ambiguous"]>;

/** Type of an integer beyond 2^53 in an SDK. */
export type Int64Form = NonNullable<GenerateOptions["int64"]>;

/** Ending of imports: `./keys.js`, `./keys.ts` or `./keys`. */
export type ImportExtension = NonNullable<GenerateOptions["importExtension"]>;

/** End of a line: a line feed, or a carriage return and a line feed. */
export type LineEnding = NonNullable<GenerateOptions["lineEnding"]>;

/** Language of an SDK: TypeScript, or JavaScript with declarations. */
export type Target = NonNullable<GenerateOptions["target"]>;

/** A template that replaces one of the package alternats-template. */
export interface TemplateFile {
  /** Its path, for messages; its name without `.hbs` is that of the template. */
  readonly file: string;
  readonly text: string;
}

/** Options of Modelina, which renders the declarations of `types.ts`. */
export interface ModelOptions {
  /**
   * Presets of Modelina for TypeScript, which run after the generator's own: their hooks for `interface` and `type`
   * change declarations and properties. A preset stands alone, or as `{ preset, options }`.
   *
   * @see https://modelina.org/docs/presets
   */
  readonly presets?: readonly object[];
}

/** Streams of the configuration by their names. */
export type StreamOptions = Readonly<Record<string, unknown>>;
