import type { NatsCommand } from "../commands/nats-command.js";
import {
  ConnectionClosedError,
  DisconnectedError,
  NoRespondersError,
  ServiceError,
  TimeoutError,
} from "../errors.js";
import { sleep } from "../waiting/sleep.js";
import { ANSWER_WAIT, ERROR_CODES, isTemporary, noStream, RETRY_PAUSE, streamsOf } from "./api.js";
import {
  AppendInDoubtError,
  JetStreamError,
  JetStreamOffError,
  JetStreamUnavailableError,
  MessageIdTakenError,
  StreamFullError,
} from "./errors.js";

/** Options of an append that is not confirmed. */
export interface UnconfirmedOptions {
  /** Id with which the stream stores the message only once; `undefined` if it has none. */
  readonly messageId: string | undefined;
  /** Milliseconds for all attempts. */
  readonly timeout: number;
  /** Time at which they began, as `performance.now()` gives it. */
  readonly begun: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Number of attempts without a reply after which the engine asks JetStream for the stream (ADR-22).
 */
const UNHEARD = 3;

/** Minimum milliseconds for another attempt, so that it does not end in doubt for lack of time. */
const LEAST = 100;

/**
 * An unconfirmed message: its state, and the decision to send it again.
 *
 * A message is sent again after a temporary rejection, and also if it is in doubt and has an id.
 * Once it is in doubt, only a confirmation ends that, because an earlier copy may still be under
 * way.
 *
 * @see ADR-22, JetStream publish retries
 */
export class Unconfirmed {
  readonly #nats: NatsCommand;
  readonly #key: string;
  readonly #options: UnconfirmedOptions;
  /** Last failure. */
  #failure: unknown;
  #inDoubt = false;
  /** `true` if another attempt would not help. */
  #final = false;
  /** Number of attempts without a reply. */
  #unheard = 0;
  /**
   * `true` if JetStream need not be asked for the stream, because it exists or the request is not
   * permitted.
   */
  #asked = false;
  /** Reply of JetStream that means that nothing can be stored. */
  #missing: JetStreamError | undefined;

  constructor(nats: NatsCommand, key: string, options: UnconfirmedOptions) {
    this.#nats = nats;
    this.#key = key;
    this.#options = options;
  }

  /** Milliseconds left for further attempts. */
  get left(): number {
    const { begun, timeout } = this.#options;
    return begun + timeout - performance.now();
  }

  /** `true` if another attempt may help, and there is time for it. */
  get hopeful(): boolean {
    return !this.#final && this.left >= this.#pause + LEAST;
  }

  /** Records a failed attempt. */
  failed(failure: unknown): void {
    this.#failure = failure;
    if (failure instanceof NoRespondersError) this.#unheard++;
    const doubtful = isDoubtful(failure);
    if (doubtful) this.#inDoubt = true;
    this.#final = doubtful
      ? this.#options.messageId === undefined || isForeign(failure)
      : !isTemporary(failure);
  }

  /**
   * Waits for the time of another attempt.
   *
   * @returns `true` to send the message again. Rejects with the signal's reason.
   */
  async mayBeSentAgain(): Promise<boolean> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    if (this.#failure instanceof NoRespondersError) {
      if (this.#unheard >= UNHEARD || !this.hopeful) await this.#findStream();
    }
    if (!this.hopeful) return false;
    if (this.#pause > 0) await sleep(this.#pause, signal);
    return true;
  }

  /** The error for the caller if there is no further attempt. */
  get error(): unknown {
    const { messageId, timeout } = this.#options;
    const failure = this.#failure;
    if (this.#inDoubt) return new AppendInDoubtError(this.#key, messageId, timeout, failure);
    if (this.#missing !== undefined) return this.#missing;
    if (!isTemporary(failure)) return failure;
    const { errorCode = 0, description = "" } = failure instanceof JetStreamError ? failure : {};
    return new JetStreamUnavailableError(
      `The message for "${this.#key}" was not stored within ${timeout} ms: ${description === "" ? "its stream did not reply" : `JetStream was temporarily unavailable (${description})`}. Append it again later, or raise the timeout.`,
      errorCode,
      description,
      { cause: failure },
    );
  }

  /** Milliseconds until another attempt. None after a new connection, or after a missing reply. */
  get #pause(): number {
    const waited =
      this.#failure instanceof TimeoutError || this.#failure instanceof DisconnectedError;
    return waited ? 0 : RETRY_PAUSE;
  }

  /** Checks if the stream exists at all, if JetStream replies. */
  async #findStream(): Promise<void> {
    if (this.#asked) return;
    const { signal } = this.#options;
    const timeout = Math.max(LEAST, Math.min(this.left, ANSWER_WAIT));
    this.#missing = undefined;
    try {
      const streams = await streamsOf(this.#nats, this.#key, { timeout, signal });
      this.#asked = true;
      if (streams.length > 0) return;
      this.#missing = noStream(this.#key, this.#failure);
      this.#final = true;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof JetStreamError)) {
        // A user without permission gets no other reply the next time.
        this.#asked = !(error instanceof TimeoutError || error instanceof DisconnectedError);
      } else if (!(error instanceof JetStreamUnavailableError)) {
        this.#missing = error;
        // A missing reply may be temporary; an error code means that it is not.
        this.#final = !(error instanceof JetStreamOffError) || error.errorCode !== 0;
      }
    }
  }
}

/** @returns `true` if the message may be stored or under way after this failure. */
function isDoubtful(failure: unknown): boolean {
  if (failure instanceof ConnectionClosedError) return failure.inFlight;
  if (failure instanceof TimeoutError || failure instanceof DisconnectedError) return true;
  if (isForeign(failure)) return true;
  if (!(failure instanceof JetStreamError) || failure instanceof StreamFullError) return false;
  const { duplicateInProcess, storeFailed } = ERROR_CODES;
  return failure.errorCode === duplicateInProcess || failure.errorCode === storeFailed;
}

/**
 * @returns `true` if the reply did not come from a stream, so that another attempt would get the
 * same reply.
 */
function isForeign(failure: unknown): boolean {
  if (failure instanceof ServiceError) return true;
  if (!(failure instanceof JetStreamError) || isTemporary(failure)) return false;
  if (failure instanceof MessageIdTakenError) return false;
  return failure.errorCode === 0;
}
