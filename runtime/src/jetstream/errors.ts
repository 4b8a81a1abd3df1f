import { NatsError, reason, TimeoutError } from "../errors.js";

/**
 * JetStream rejected a request. Errors that a program can handle have their own classes, all of
 * them subclasses of this one.
 */
export class JetStreamError extends NatsError {
  readonly code: string = "JETSTREAM";
  /** The server's code of the error; 0 if it gave none. */
  readonly errorCode: number;
  /** The server's description. */
  readonly description: string;

  /**
   * @param message Description of the failure and of its remedy.
   * @param errorCode The server's code of the error.
   * @param description The server's description.
   */
  constructor(message: string, errorCode = 0, description = "", options?: ErrorOptions) {
    super(message, options);
    this.errorCode = errorCode;
    this.description = description;
  }
}

/** JetStream is disabled for the server or the account. */
export class JetStreamOffError extends JetStreamError {
  override readonly code = "JETSTREAM_OFF";
}

/** The stream does not exist, or no stream stores the subject. Nothing was stored. */
export class NoStreamError extends JetStreamError {
  override readonly code = "NO_STREAM";
}

/**
 * JetStream is temporarily unavailable: a leader is being elected, or a server is overloaded. Nothing was stored.
 * The same request works a moment later.
 */
export class JetStreamUnavailableError extends JetStreamError {
  override readonly code = "JETSTREAM_UNAVAILABLE";
}

/**
 * It is unknown whether a message was stored: a copy of it may be stored already, or on its way to the stream. `cause` is the last failure.
 */
export class AppendInDoubtError extends JetStreamError {
  override readonly code = "APPEND_IN_DOUBT";
  /**
   * Id of the message, also if it is a random one: append the message again with it, and the stream
   * stores it once. `undefined` if it has none.
   */
  readonly messageId: string | undefined;

  /**
   * @param subject Subject of the message.
   * @param messageId Id of the message; `undefined` if it has none.
   * @param waited Milliseconds that its stream had to confirm it.
   * @param cause Last failure.
   */
  constructor(subject: string, messageId: string | undefined, waited: number, cause: unknown) {
    const what =
      cause instanceof TimeoutError
        ? `No stream confirmed the message for "${subject}" within ${waited} ms. It may be stored nevertheless.`
        : `It is unknown whether the message for "${subject}" was stored.`;
    const remedy =
      messageId === undefined
        ? "Append messages without `messageId: false`: with an id you can append them again, and the stream stores them once."
        : "Append it again with the messageId of this error, or raise the timeout.";
    super(`${what} ${remedy} The last failure: ${reason(cause)}`, 0, "", { cause });
    this.messageId = messageId;
  }
}

/**
 * The stream already had a message with the random id of this one, which nobody else can know
 * before it is sent. The message was not stored.
 */
export class MessageIdTakenError extends JetStreamError {
  override readonly code = "MESSAGE_ID_TAKEN";

  /**
   * @param subject Subject of the message.
   * @param messageId Id of the message.
   */
  constructor(subject: string, messageId: string) {
    super(
      `The message for "${subject}" was not stored: its stream says that it has the random id "${messageId}" already. Somebody uses the ids of others, or a responder answers in place of the stream. Check who may append to the stream, and append the message again.`,
    );
  }
}

/** The stream, or the account's storage, is full. Nothing was stored. */
export class StreamFullError extends JetStreamError {
  override readonly code = "STREAM_FULL";
}

/**
 * The stream has changed since the program read it: its last message is not the expected one.
 * Nothing was stored.
 */
export class WrongLastError extends JetStreamError {
  override readonly code = "WRONG_LAST";
  /** The sequence of the last message; `undefined` if the server does not report it. */
  readonly lastSequence: number | undefined;

  /**
   * @param subject The subject of the message.
   * @param lastSequence The sequence of the last message, if the server reports it.
   */
  constructor(
    subject: string,
    errorCode: number,
    description: string,
    lastSequence: number | undefined,
  ) {
    const last = lastSequence === undefined ? "" : ` (it is ${lastSequence})`;
    super(
      `The message for "${subject}" was not stored: the last one is not the expected one${last}. Read the messages stored since then, decide again, and append with the new sequence.`,
      errorCode,
      description,
    );
    this.lastSequence = lastSequence;
  }
}

/**
 * A stream does not have the sequence at which reading starts. This is only reported, and reading
 * continues, because missing messages will not arrive.
 */
export class MissingSequenceError extends JetStreamError {
  override readonly code = "MISSING_SEQUENCE";
  /** The sequence at which reading starts. */
  readonly sequence: number;
  /**
   * The first and the last sequence of the stream; for an empty stream, the first is one more than
   * the last.
   */
  readonly holds: { readonly first: number; readonly last: number };

  /**
   * @param stream The stream's name.
   * @param sequence The sequence at which reading starts.
   * @param holds The first and the last sequence of the stream.
   */
  constructor(
    stream: string,
    sequence: number,
    holds: { readonly first: number; readonly last: number },
  ) {
    const { first, last } = holds;
    super(
      sequence < first
        ? `The stream "${stream}" no longer has the messages ${sequence} to ${first - 1}: its limits or a user removed them. Reading continues at ${first}. Read more often, or raise the limits of the stream.`
        : `The stream "${stream}" ends at ${last}. Reading waits for message ${sequence}. Was the stream created again, or restored from a backup? Then remove everything derived from the old stream, and start at the first message.`,
    );
    this.sequence = sequence;
    this.holds = holds;
  }
}

/** A consumer was deleted while it was at work. */
export class ConsumerDeletedError extends JetStreamError {
  override readonly code = "CONSUMER_DELETED";
}

/**
 * A handler failed on a message the maximum number of times, so the message is not delivered again.
 * `cause` is the last error.
 */
export class MessageGivenUpError extends JetStreamError {
  override readonly code = "MESSAGE_GIVEN_UP";
  /** The subject of the message. */
  readonly subject: string;
  /** Its sequence in the stream. */
  readonly sequence: number;

  /**
   * @param subject The subject of the message.
   * @param sequence Its sequence in the stream.
   * @param deliveries Number of its deliveries.
   * @param cause The handler's last error.
   */
  constructor(subject: string, sequence: number, deliveries: number, cause: unknown) {
    super(
      `The worker gave up message ${sequence} on "${subject}" after ${deliveries} failures of the handler: ${reason(cause)}`,
      0,
      "",
      { cause },
    );
    this.subject = subject;
    this.sequence = sequence;
  }
}

/** A change of streams would lose messages or consumers. Nothing was changed. */
export class DataLossError extends JetStreamError {
  override readonly code = "DATA_LOSS";
}
