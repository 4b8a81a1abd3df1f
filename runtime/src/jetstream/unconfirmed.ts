import type { NatsCommand } from "../commands/nats-command.js";
import {
  ConnectionClosedError,
  DisconnectedError,
  NoRespondersError,
  ServiceError,
  TimeoutError,
} from "../errors.js";
import { sleep } from "../waiting/sleep.js";
import { ERROR_CODES, isTemporary, noStream, RETRY_PAUSE, streamsOf } from "./api.js";
import { ANSWER_WAIT } from "./append-attempt.js";
import {
  AppendInDoubtError,
  JetStreamError,
  JetStreamOffError,
  JetStreamUnavailableError,
  StreamFullError,
} from "./errors.js";

/** How a message is appended. */
export interface UnconfirmedOptions {
  /** Whether the message has an id, by which the stream stores it only once. */
  readonly named: boolean;
  /** Milliseconds for all attempts. */
  readonly timeout: number;
  /** Time at which they began, as `performance.now()` gives it. */
  readonly begun: number;
  readonly signal: AbortSignal | undefined;
}

/** Attempts to which nobody answered before JetStream is asked whether there is a stream (ADR-22). */
const UNHEARD = 3;

/** Milliseconds that another attempt must have, so that it does not end in doubt for want of time. */
const LEAST = 100;

/**
 * A message that no stream has confirmed: what is known of it, and whether to send it again.
 *
 * What was refused for the time being is sent again. So is what is in doubt, if it has an id. Once a message is in
 * doubt, nothing but a confirmation ends that: an earlier copy may still be under way.
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
  /** Whether another attempt would not help. */
  #final = false;
  /** Attempts to which nobody answered. */
  #unheard = 0;
  /** Whether JetStream need not be asked for the stream: there is one, or the answer is refused. */
  #asked = false;
  /** Answer of JetStream from which follows that nothing can be stored. */
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

  /** Whether another attempt may help, and has the time. */
  get hopeful(): boolean {
    return !this.#final && this.left >= this.#pause + LEAST;
  }

  /** Notes how an attempt failed. */
  failed(failure: unknown): void {
    this.#failure = failure;
    if (failure instanceof NoRespondersError) this.#unheard++;
    const doubtful = isDoubtful(failure);
    if (doubtful) this.#inDoubt = true;
    this.#final = doubtful ? !this.#options.named || isForeign(failure) : !isTemporary(failure);
  }

  /**
   * Waits for the moment of another attempt.
   *
   * @returns Whether there shall be one. Rejects with the signal's reason.
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

  /** What the caller gets when there is no further attempt. */
  get error(): unknown {
    const { named, timeout } = this.#options;
    const failure = this.#failure;
    if (this.#inDoubt) return new AppendInDoubtError(this.#key, named, timeout, failure);
    if (this.#missing !== undefined) return this.#missing;
    if (!isTemporary(failure)) return failure;
    const { errorCode = 0, description = "" } = failure instanceof JetStreamError ? failure : {};
    return new JetStreamUnavailableError(
      `The message for "${this.#key}" was not stored: within ${timeout} ms, ${description === "" ? "nobody answered for its stream" : `JetStream was not available (${description})`}. Append it again later, or give it more time (timeout).`,
      errorCode,
      description,
      { cause: failure },
    );
  }

  /** Milliseconds until another attempt. Nobody needs to wait for a new connection, or after waiting for an answer. */
  get #pause(): number {
    const waited =
      this.#failure instanceof TimeoutError || this.#failure instanceof DisconnectedError;
    return waited ? 0 : RETRY_PAUSE;
  }

  /** Finds out whether there is a stream at all, as far as JetStream answers. */
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
        // Whoever may not ask gets no other answer the next time.
        this.#asked = !(error instanceof TimeoutError || error instanceof DisconnectedError);
      } else if (!(error instanceof JetStreamUnavailableError)) {
        this.#missing = error;
        // That nobody answers may be for now; a number says that it is not.
        this.#final = !(error instanceof JetStreamOffError) || error.errorCode !== 0;
      }
    }
  }
}

/** @returns Whether a message may be stored, or under way, after its attempt failed so. */
function isDoubtful(failure: unknown): boolean {
  if (failure instanceof ConnectionClosedError) return failure.inFlight;
  if (failure instanceof TimeoutError || failure instanceof DisconnectedError) return true;
  if (isForeign(failure)) return true;
  if (!(failure instanceof JetStreamError) || failure instanceof StreamFullError) return false;
  const { duplicateInProcess, storeFailed } = ERROR_CODES;
  return failure.errorCode === duplicateInProcess || failure.errorCode === storeFailed;
}

/** @returns Whether something other than a stream answered, so that another attempt would be answered so as well. */
function isForeign(failure: unknown): boolean {
  if (failure instanceof ServiceError) return true;
  if (!(failure instanceof JetStreamError) || isTemporary(failure)) return false;
  return failure.errorCode === 0;
}
