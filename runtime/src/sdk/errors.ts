import { InvalidArgumentError, NatsError } from "../errors.js";

/** The value of a parameter is invalid in a subject. Nothing was written. */
export class InvalidParameterError extends InvalidArgumentError {
  override readonly code = "INVALID_PARAMETER";
  /** The parameter's name. */
  readonly parameter: string;
  /** The address with the parameter, for example `game.{id}.chat`. */
  readonly template: string;

  /**
   * @param parameter The parameter's name.
   * @param template The address with the parameter.
   * @param value The invalid value.
   * @param expected Description of the allowed values.
   */
  constructor(parameter: string, template: string, value: unknown, expected: string) {
    super(
      `The parameter "${parameter}" of "${template}" cannot be ${show(value)}: it must be ${expected}.`,
    );
    this.parameter = parameter;
    this.template = template;
  }
}

/** A key was passed to a channel that did not create it. Nothing was written. */
export class ForeignKeyError extends InvalidArgumentError {
  override readonly code = "FOREIGN_KEY";
  /** The subject of the key. */
  readonly subject: string;
  /** The address of the channel. */
  readonly template: string;

  /**
   * @param subject The subject of the key.
   * @param template The address of the channel.
   */
  constructor(subject: string, template: string) {
    super(
      `The key "${subject}" does not belong to the channel "${template}". Make one with at() of the channel's own subject.`,
    );
    this.subject = subject;
    this.template = template;
  }
}

/** A subject does not match the template that reads it. */
export class SubjectMismatchError extends InvalidArgumentError {
  override readonly code = "SUBJECT_MISMATCH";
  /** The subject. */
  readonly subject: string;
  /** The template. */
  readonly template: string;

  /**
   * @param subject The subject.
   * @param template The template.
   */
  constructor(subject: string, template: string) {
    super(`"${subject}" is not a subject of "${template}": its parameters cannot be read.`);
    this.subject = subject;
    this.template = template;
  }
}

/** The distinguishing value of a message, which is unknown. */
export interface UnknownValue {
  /** Description of its place for people, for example `property "kind"`. */
  readonly what: string;
  /** The value; `undefined` for none. */
  readonly value: unknown;
  /** The known values. */
  readonly values: readonly unknown[];
}

/**
 * A message matches none of its channel's messages, has an unknown name, or has an unknown
 * distinguishing value.
 */
export class UnknownMessageError extends NatsError {
  readonly code = "UNKNOWN_MESSAGE";
  /** The names of the messages that the channel knows. */
  readonly known: readonly string[];
  /** The distinguishing value, if the messages have one. */
  readonly by: UnknownValue | undefined;

  /**
   * @param known Names of the channel's messages.
   * @param name Name in the message, if it has one.
   * @param options The cause, and the distinguishing value.
   */
  constructor(
    known: Iterable<string>,
    name?: unknown,
    options: ErrorOptions & { readonly by?: UnknownValue | undefined } = {},
  ) {
    const { by, ...rest } = options;
    const names = [...known];
    const what =
      name === undefined ? "The message is not one" : `A message named ${show(name)} is not one`;
    const why = by === undefined ? "" : `: ${unknownValue(by)}`;
    super(
      `${what} of ${names.join(", ")}${why}. Compare the documents that both sides were generated from.`,
      rest,
    );
    this.known = names;
    this.by = by;
  }
}

/** Maximum number of known values in the message; documents may have hundreds. */
const MOST_SHOWN = 10;

function unknownValue({ what, value, values }: UnknownValue): string {
  const found = value === undefined ? `it has no ${what}` : `its ${what} is ${show(value)}`;
  const known = values.slice(0, MOST_SHOWN).map(show);
  if (values.length > MOST_SHOWN) known.push("…");
  return `${found}, but the known values are ${known.join(", ")}`;
}

/** A message matches more than one of its channel's messages. The SDK does not guess. */
export class AmbiguousMessageError extends NatsError {
  readonly code = "AMBIGUOUS_MESSAGE";
  /** Names of the matching messages. */
  readonly names: readonly string[];

  /** @param names Names of the matching messages. */
  constructor(names: readonly string[]) {
    super(
      `The message matches each of ${names.join(", ")}. The sender can name it in the header "Alternats-Message", or the messages need a property that distinguishes them.`,
    );
    this.names = names;
  }
}

/**
 * A header does not have the type of the document, or a required header is missing. The error
 * handler gets a DeserializeError with this error as its `cause`, and the message is not delivered.
 */
export class UnreadableHeaderError extends NatsError {
  readonly code = "UNREADABLE_HEADER";
  /** The header's name. */
  readonly header: string;

  /**
   * @param header The header's name.
   * @param text Its text; `undefined` if it is missing.
   * @param expected Description of the expected text.
   */
  constructor(header: string, text: string | undefined, expected: string, options?: ErrorOptions) {
    const what =
      text === undefined
        ? `is missing: the document requires ${expected} there`
        : `is ${show(text)}, which is not ${expected}`;
    super(`The header "${header}" ${what}.`, options);
    this.header = header;
  }
}

/** A request arrived for an operation without a handler. */
export class UnhandledOperationError extends NatsError {
  readonly code = "UNHANDLED_OPERATION";
  /** The operation's name. */
  readonly operation: string;

  /** @param operation The operation's name. */
  constructor(operation: string) {
    super(`There is no handler for the operation "${operation}". Pass one to respond().`);
    this.operation = operation;
  }
}

/**
 * A message does not match its schema. For a received message, the error handler gets a
 * DeserializeError with this error as its `cause`, and the message is not delivered. For a message
 * to send, the caller gets it, and nothing is written.
 */
export class InvalidMessageError extends NatsError {
  readonly code = "INVALID_MESSAGE";
  /** Place in the payload as a JSON pointer (RFC 6901); empty for the payload itself. */
  readonly path: string;
  /**
   * The violated keyword of the schema, for example `minimum`; `depth` for a payload that is nested
   * too deeply to be checked.
   */
  readonly rule: string;

  /**
   * @param path Place in the payload as a JSON pointer.
   * @param rule The violated keyword of the schema.
   * @param reason Description of the keyword's requirement.
   */
  constructor(path: string, rule: string, reason: string) {
    const place = path === "" ? "the payload" : path;
    super(`${place} ${reason} (${rule}). Compare the message with its schema in the document.`);
    this.path = path;
    this.rule = rule;
  }
}

/**
 * A value is not a date, although the document requires one. For a received message, the error
 * handler gets a DeserializeError with this error as its `cause`, and the message is not delivered.
 * For a message to send, the caller gets it, and nothing is written.
 */
export class InvalidDateError extends NatsError {
  readonly code = "INVALID_DATE";
  /** Place in the payload as a JSON pointer (RFC 6901); empty for the payload itself. */
  readonly path: string;

  /**
   * @param path Place in the payload as a JSON pointer.
   * @param value The value at this place.
   */
  constructor(path: string, value: unknown) {
    const place = path === "" ? "The payload" : path;
    super(
      `${place} is ${show(value)}, which is not a date: send a Date of the years 0 to 9999; on the wire it is a date-time of RFC 3339 with its offset, for example "2026-01-31T12:00:00Z".`,
    );
    this.path = path;
  }
}

/**
 * A value is not an integer, although the document requires one, or it has more than 64 bits in
 * MessagePack. For a received message, the error handler gets a DeserializeError with this error as
 * its `cause`, and the message is not delivered. For a message to send, the caller gets it, and
 * nothing is written.
 */
export class InvalidIntegerError extends NatsError {
  readonly code = "INVALID_INTEGER";
  /** Place in the payload as a JSON pointer (RFC 6901); empty for the payload itself. */
  readonly path: string;

  /**
   * @param path Place in the payload as a JSON pointer.
   * @param value The value at this place.
   */
  constructor(path: string, value: unknown) {
    const place = path === "" ? "The payload" : path;
    super(
      `${place} is ${show(value)}, which is not an integer of up to 64 bits: send a bigint, or its digits if the SDK has integers as text.`,
    );
    this.path = path;
  }
}

const LONGEST_SHOWN = 100;

/**
 * @returns Text of a value that may be malicious: escaped, shortened, and without calling its
 * methods.
 */
export function show(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(
      value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value,
    );
  }
  if (value instanceof Date) return "a Date";
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "an array" : "an object";
  }
  return typeof value === "function" ? "a function" : String(value);
}
