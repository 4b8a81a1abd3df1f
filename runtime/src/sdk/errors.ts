import { InvalidArgumentError, NatsError } from "../errors.js";

/** A parameter's value cannot stand in a subject. Nothing was written. */
export class InvalidParameterError extends InvalidArgumentError {
  override readonly code = "INVALID_PARAMETER";
  /** The parameter's name. */
  readonly parameter: string;
  /** The address that the parameter belongs to, for example `game.{id}.chat`. */
  readonly template: string;

  /**
   * @param parameter The parameter's name.
   * @param template The address that it belongs to.
   * @param value What was given.
   * @param expected What is allowed.
   */
  constructor(parameter: string, template: string, value: unknown, expected: string) {
    super(
      `The parameter "${parameter}" of "${template}" cannot be ${show(value)}: it must be ${expected}.`,
    );
    this.parameter = parameter;
    this.template = template;
  }
}

/** A key was given to a channel that did not make it. Nothing was written. */
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

/** A subject was to be read by a template that it does not match. */
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

/** What a message was to be told by, and was not. */
export interface UntoldBy {
  /** What was looked at, in words for people, for example `property "kind"`. */
  readonly what: string;
  /** What was there; `undefined` for nothing. */
  readonly value: unknown;
  /** What is known to be there. */
  readonly values: readonly unknown[];
}

/**
 * A message is none of those that its channel knows, names one that it does not know, or has a value that none of
 * them has where they are told apart.
 */
export class UnknownMessageError extends NatsError {
  readonly code = "UNKNOWN_MESSAGE";
  /** The names of the messages that the channel knows. */
  readonly known: readonly string[];
  /** What the message was to be told by, where there is such a thing. */
  readonly by: UntoldBy | undefined;

  /**
   * @param known The names that the channel knows.
   * @param name The name that was given, where there was one.
   * @param options The cause, and what the message was to be told by.
   */
  constructor(
    known: Iterable<string>,
    name?: unknown,
    options: ErrorOptions & { readonly by?: UntoldBy | undefined } = {},
  ) {
    const { by, ...rest } = options;
    const names = [...known];
    const what =
      name === undefined ? "The message is none" : `A message named ${show(name)} is none`;
    const why = by === undefined ? "" : `: ${told(by)}`;
    super(
      `${what} of ${names.join(", ")}${why}. Compare the documents that both sides were generated from.`,
      rest,
    );
    this.known = names;
    this.by = by;
  }
}

/** So many known values are told; documents may have hundreds. */
const MOST_SHOWN = 10;

function told({ what, value, values }: UntoldBy): string {
  const found = value === undefined ? `it has no ${what}` : `its ${what} is ${show(value)}`;
  const known = values.slice(0, MOST_SHOWN).map(show);
  if (values.length > MOST_SHOWN) known.push("…");
  return `${found}, and known are ${known.join(", ")}`;
}

/** A message can be more than one of those that its channel knows. It is not guessed which. */
export class AmbiguousMessageError extends NatsError {
  readonly code = "AMBIGUOUS_MESSAGE";
  /** The names of the messages that it can be. */
  readonly names: readonly string[];

  /** @param names The names of the messages that it can be. */
  constructor(names: readonly string[]) {
    super(
      `The message can be each of ${names.join(", ")}. Let the sender name it in the header "Alternats-Message", or give the messages a property that tells them apart.`,
    );
    this.names = names;
  }
}

/**
 * A header's text is not of the type that the document gives it, or a header is missing that the document requires.
 * It reaches the error handler as the `cause` of a DeserializeError, and the message is not delivered.
 */
export class UnreadableHeaderError extends NatsError {
  readonly code = "UNREADABLE_HEADER";
  /** The header's name. */
  readonly header: string;

  /**
   * @param header The header's name.
   * @param text Its text; `undefined` where it is missing.
   * @param expected What it should have been.
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

/** A request came for an operation that the responder was given no handler for. */
export class UnhandledOperationError extends NatsError {
  readonly code = "UNHANDLED_OPERATION";
  /** The operation's name. */
  readonly operation: string;

  /** @param operation The operation's name. */
  constructor(operation: string) {
    super(`There is no handler for the operation "${operation}". Give respond() one.`);
    this.operation = operation;
  }
}

/**
 * A message does not fit its schema. For one that was received it reaches the error handler as the `cause`
 * of a DeserializeError, and the message is not delivered; for one to be sent it reaches the caller, and
 * nothing was written.
 */
export class InvalidMessageError extends NatsError {
  readonly code = "INVALID_MESSAGE";
  /** Where in the payload, as a JSON pointer (RFC 6901); empty for the payload itself. */
  readonly path: string;
  /**
   * The keyword of the schema that the payload does not fit, for example `minimum`; `depth` where it is nested deeper
   * than can be checked.
   */
  readonly rule: string;

  /**
   * @param path Where in the payload, as a JSON pointer.
   * @param rule The keyword of the schema.
   * @param reason What the keyword asks for.
   */
  constructor(path: string, rule: string, reason: string) {
    const place = path === "" ? "the payload" : path;
    super(`${place} ${reason} (${rule}). Compare the message with its schema in the document.`);
    this.path = path;
    this.rule = rule;
  }
}

/**
 * A place that holds a date, by the document, holds none. For a message that was received it reaches the error
 * handler as the `cause` of a DeserializeError, and the message is not delivered; for one to be sent it reaches
 * the caller, and nothing was written.
 */
export class InvalidDateError extends NatsError {
  readonly code = "INVALID_DATE";
  /** Where in the payload, as a JSON pointer (RFC 6901); empty for the payload itself. */
  readonly path: string;

  /**
   * @param path Where in the payload, as a JSON pointer.
   * @param value What stands there.
   */
  constructor(path: string, value: unknown) {
    const place = path === "" ? "The payload" : path;
    super(
      `${place} is ${show(value)}, which is no date: send a Date of the years 0 to 9999; on the wire it is a date-time of RFC 3339 with its offset, for example "2026-01-31T12:00:00Z".`,
    );
    this.path = path;
  }
}

const LONGEST_SHOWN = 100;

/** @returns Text of a value that may be hostile: escaped, cut, and never by its own methods. */
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
