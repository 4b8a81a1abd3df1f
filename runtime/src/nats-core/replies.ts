import {
  type Msg,
  NoRespondersError,
  nuid,
  QueuedIteratorImpl,
  type Request,
  type RequestManyOptions,
} from "@nats-io/nats-core/internal";
import { asError } from "./errors.js";

/** Milliseconds without a further answer that end the strategy `stall` where nothing else is said. */
const STALL = 300;

/** The answers to one request: taken until the strategy says that there are no more. */
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
   * @param options When there are no more answers.
   * @param done Called once, when no more are wanted.
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

  /** An answer arrived, or what tells that there is none. */
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

  /** Wants no more; the loop ends behind what has arrived. @param error Why, where it failed. */
  cancel(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#done();
    this.push(() => this.stop(error === undefined ? undefined : asError(error)));
  }
}

/** @returns What an answer says instead of an answer: that nobody listens on the subject. */
export function noResponders(message: Msg, subject: string): NoRespondersError | null {
  const nobody = message.data.length === 0 && message.headers?.code === 503;
  return nobody ? new NoRespondersError(subject) : null;
}
