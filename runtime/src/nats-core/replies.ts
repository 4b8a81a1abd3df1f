import {
  type Msg,
  NoRespondersError,
  nuid,
  QueuedIteratorImpl,
  type Request,
  type RequestManyOptions,
} from "@nats-io/nats-core/internal";
import { asError } from "./errors.js";

/** Milliseconds without a further reply after which the strategy `stall` ends, by default. */
const STALL = 300;

/** The replies to one request, until its strategy ends. */
export class Replies extends QueuedIteratorImpl<Msg> implements Request {
  readonly token = nuid.next();
  readonly requestSubject: string;
  readonly #options: Partial<RequestManyOptions>;
  readonly #done: () => void;
  #missing: number;
  #timer: NodeJS.Timeout;
  #ended = false;

  /**
   * @param subject The subject of the request.
   * @param options The strategy, and its limits.
   * @param done Called once, when no more replies are accepted.
   */
  constructor(
    subject: string,
    options: Partial<RequestManyOptions> & { maxWait: number },
    done: () => void,
  ) {
    super();
    this.requestSubject = subject;
    this.#options = options;
    this.#done = done;
    const { maxMessages = -1 } = options;
    this.#missing = maxMessages > 0 ? maxMessages : Number.POSITIVE_INFINITY;
    this.#timer = setTimeout(() => this.cancel(), options.maxWait);
    void this.iterClosed.then(() => this.cancel());
  }

  /** Called with a reply, or with an error instead of a reply. */
  resolver(error: Error | null, message: Msg): void {
    if (this.#ended) return;
    if (error !== null) {
      this.cancel(error);
      return;
    }
    this.received++;
    this.push(message);
    const { strategy, stall = STALL } = this.#options;
    if (strategy === "count" && --this.#missing === 0) this.cancel();
    else if (strategy === "sentinel" && message.data.length === 0) this.cancel();
    else if (strategy === "stall") {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.cancel(), stall);
    }
  }

  /**
   * Stops accepting replies; the loop ends after those that have arrived. @param error The reason,
   * if it failed.
   */
  cancel(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#done();
    this.push(() => this.stop(error === undefined ? undefined : asError(error)));
  }
}

/**
 * @returns The error for the server's message that there are no responders; `null` for other
 * messages.
 */
export function noResponders(message: Msg, subject: string): NoRespondersError | null {
  const nobody = message.data.length === 0 && message.headers?.code === 503;
  return nobody ? new NoRespondersError(subject) : null;
}
