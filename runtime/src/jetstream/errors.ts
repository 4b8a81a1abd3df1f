import { NatsError, reason, TimeoutError } from "../errors.js";

/**
 * JetStream refused something. The failures that a program can do something about have classes of their
 * own, all of them of this one.
 */
export class JetStreamError extends NatsError {
  readonly code: string = "JETSTREAM";
  /** The server's number for the failure; 0 where it gave none. */
  readonly errorCode: number;
  /** What the server said. */
  readonly description: string;

  /**
   * @param message What went wrong and what would mend it.
   * @param errorCode The server's number for the failure.
   * @param description What the server said.
   */
  constructor(message: string, errorCode = 0, description = "", options?: ErrorOptions) {
    super(message, options);
    this.errorCode = errorCode;
    this.description = description;
  }
}

/** JetStream is off, or the account has none. */
export class JetStreamOffError extends JetStreamError {
  override readonly code = "JETSTREAM_OFF";
}

/** There is no such stream, or none that keeps the subject. Nothing was stored. */
export class NoStreamError extends JetStreamError {
  override readonly code = "NO_STREAM";
}

/**
 * JetStream could not do it for now: a leader is being elected, or a server is overloaded. Nothing was stored, and
 * the same works a moment later.
 */
export class JetStreamUnavailableError extends JetStreamError {
  override readonly code = "JETSTREAM_UNAVAILABLE";
}

/**
 * It is unknown whether a message was stored: a copy of it may be, or may be under way. `cause` is the last failure.
 */
export class AppendInDoubtError extends JetStreamError {
  override readonly code = "APPEND_IN_DOUBT";

  /**
   * @param subject Subject of the message.
   * @param named Whether the message has an id, by which the stream stores it only once.
   * @param waited Milliseconds that its stream had to confirm it.
   * @param cause Last failure.
   */
  constructor(subject: string, named: boolean, waited: number, cause: unknown) {
    const what =
      cause instanceof TimeoutError
        ? `No stream confirmed "${subject}" within ${waited} ms, and it may be stored all the same.`
        : `It is unknown whether the message for "${subject}" was stored.`;
    const remedy = named
      ? "Append it again with the same messageId, or give it more time (timeout)."
      : "Give messages a messageId: they can then be appended again and are stored once.";
    super(`${what} ${remedy} The last failure: ${reason(cause)}`, 0, "", { cause });
  }
}

/** The stream, or the account's storage, is full and takes nothing new. Nothing was stored. */
export class StreamFullError extends JetStreamError {
  override readonly code = "STREAM_FULL";
}

/** The stream has gone on since the caller looked: what was expected to be its last is not. Nothing was stored. */
export class WrongLastError extends JetStreamError {
  override readonly code = "WRONG_LAST";
  /** The sequence of the last message; `undefined` where the server does not say. */
  readonly lastSequence: number | undefined;

  /**
   * @param subject The subject of the message.
   * @param lastSequence The sequence of the last message, where the server says it.
   */
  constructor(
    subject: string,
    errorCode: number,
    description: string,
    lastSequence: number | undefined,
  ) {
    const last = lastSequence === undefined ? "" : ` (it is ${lastSequence})`;
    super(
      `The message for "${subject}" was not stored: the last one is not the expected one${last}. Read what came meanwhile, decide again, and append with the new sequence.`,
      errorCode,
      description,
    );
    this.lastSequence = lastSequence;
  }
}

/**
 * A stream does not hold the sequence from which on to read. Reading goes on all the same, so that this is only
 * reported: what is not there cannot be waited for.
 */
export class MissingSequenceError extends JetStreamError {
  override readonly code = "MISSING_SEQUENCE";
  /** The sequence from which on to read. */
  readonly sequence: number;
  /** The first and the last sequence that the stream holds; the first is one more than the last where it is empty. */
  readonly holds: { readonly first: number; readonly last: number };

  /**
   * @param stream The stream's name.
   * @param sequence The sequence from which on to read.
   * @param holds What the stream holds.
   */
  constructor(
    stream: string,
    sequence: number,
    holds: { readonly first: number; readonly last: number },
  ) {
    const { first, last } = holds;
    super(
      sequence < first
        ? `The stream "${stream}" does not hold ${sequence} to ${first - 1} any more: its limits, or somebody, removed them. It is read from ${first} on. Read more often, or keep more.`
        : `The stream "${stream}" ends at ${last}, and nothing is read of it until it comes to ${sequence}. Was it made anew, or restored from a copy? Then begin at its first message, with what was made of the other one removed.`,
    );
    this.sequence = sequence;
    this.holds = holds;
  }
}

/** A consumer was deleted while it was at work. */
export class ConsumerDeletedError extends JetStreamError {
  override readonly code = "CONSUMER_DELETED";
}

/** A handler failed on a message as often as it may, so that it is not delivered again. `cause` is the last failure. */
export class MessageGivenUpError extends JetStreamError {
  override readonly code = "MESSAGE_GIVEN_UP";
  /** The subject of the message. */
  readonly subject: string;
  /** Its place in the stream. */
  readonly sequence: number;

  /**
   * @param subject The subject of the message.
   * @param sequence Its place in the stream.
   * @param deliveries How often it was delivered.
   * @param cause What the handler threw last.
   */
  constructor(subject: string, sequence: number, deliveries: number, cause: unknown) {
    super(
      `The handler failed ${deliveries} times on message ${sequence} on "${subject}", which is given up: ${reason(cause)}`,
      0,
      "",
      { cause },
    );
    this.subject = subject;
    this.sequence = sequence;
  }
}

/** Streams would have to be changed in a way that loses what they hold, or their consumers. Nothing was changed. */
export class DataLossError extends JetStreamError {
  override readonly code = "DATA_LOSS";
}
