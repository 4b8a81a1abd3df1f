import { afterTurn } from "#schedule";
import { checkFunction, checkOptions } from "../arguments.js";
import type {
  DrainOptions,
  ErrorHandler,
  NatsCommand,
  RawMessage,
} from "../commands/nats-command.js";
import { errorHandler } from "../delivery/error-handler.js";
import {
  DeserializeError,
  HandlerError,
  type NatsError,
  PermissionViolationError,
  TimeoutError,
} from "../errors.js";
import { offAbort, onAbort } from "../waiting/abort.js";
import { checkCount, checkSignal, checkTimeout } from "../waiting/deadline.js";
import { deferred } from "../waiting/deferred.js";
import { Fifo } from "../waiting/fifo.js";
import { isThenable } from "../waiting/thenable.js";
import { readingBudget } from "../waiting/turn-budget.js";
import { Acknowledgements } from "./acknowledgements.js";
import { api, ERROR_CODES, nanoseconds, streamOf } from "./api.js";
import { checkFrom, checkName, checkRetryDelays } from "./check.js";
import type { ConsumeHandler, ConsumeOptions, Worker } from "./consume-options.js";
import {
  consumerInfo,
  createConsumer,
  findMissing,
  isClosing,
  persistently,
  startOf,
} from "./consumer.js";
import { ConsumerDeletedError, JetStreamError, MessageGivenUpError } from "./errors.js";
import { Pace } from "./pace.js";
import { Pull } from "./pull.js";
import type { AnyMessage, Reading } from "./reading.js";
import { DeliverySubject } from "./stored.js";

/**
 * Starts a worker of a durable consumer, and creates the consumer if necessary.
 *
 * @throws the errors of `consume`.
 */
export async function startWorker(
  nats: NatsCommand,
  reading: Reading,
  handler: ConsumeHandler<AnyMessage>,
  options: ConsumeOptions,
): Promise<Worker> {
  const worker = new StreamWorker(nats, reading, handler, options);
  await worker.start();
  return worker;
}

const RETRY_DELAYS = [100, 1_000, 5_000, 30_000];

/** A message that the worker holds. */
interface Job {
  readonly message: AnyMessage;
  readonly reply: string;
  /** Time of its arrival if {@link Pace} measures it; 0 otherwise. */
  readonly since: number;
}

class StreamWorker implements Worker {
  stream: string;
  readonly durable: string;
  readonly #nats: NatsCommand;
  readonly #report: ErrorHandler;
  readonly #reading: Reading;
  readonly #handler: ConsumeHandler<AnyMessage>;
  readonly #options: ConsumeOptions;
  readonly #concurrency: number;
  readonly #ackWait: number;
  readonly #acknowledgements: Acknowledgements;
  readonly #waiting = new Fifo<Job>();
  readonly #pace: Pace;
  readonly #running = new Set<Job>();
  readonly #closed = deferred<NatsError | undefined>();
  readonly #idle = deferred();
  readonly #abort = (): void => void this.drain();
  /** `true` if handlers start in another turn. */
  #scheduled = false;
  /** `true` if the clock of the budget runs for this turn. */
  #clocked = false;
  #pull: Pull | undefined;
  #progress: ReturnType<typeof setInterval> | undefined;
  #draining: Promise<void> | undefined;
  #ended = false;

  constructor(
    nats: NatsCommand,
    reading: Reading,
    handler: ConsumeHandler<AnyMessage>,
    options: ConsumeOptions,
  ) {
    checkFunction("handler", handler);
    checkOptions(options);
    const { concurrency = 1, maxBuffered = 512, ackWait = 30_000, durable } = options;
    const { from = "first", heartbeat = 1_000, maxDeliveries = 1, retryDelays = [] } = options;
    const { stream = reading.stream } = options;
    checkName("durable", durable);
    if (stream !== undefined) checkName("stream", stream);
    checkFrom(from);
    checkCount("concurrency", concurrency);
    checkCount("maxBuffered", maxBuffered);
    checkCount("maxDeliveries", maxDeliveries);
    checkRetryDelays(retryDelays);
    checkTimeout(ackWait);
    checkTimeout(heartbeat);
    if (options.onError !== undefined) checkFunction("onError", options.onError);
    checkSignal(options.signal);
    this.#nats = nats;
    this.#report = errorHandler(options, (error) => nats.report(error));
    this.#reading = reading;
    this.#handler = handler;
    this.#options = options;
    this.#concurrency = concurrency;
    this.#ackWait = ackWait;
    this.#pace = new Pace(2 * concurrency, maxBuffered, ackWait / 4);
    this.#acknowledgements = new Acknowledgements(nats, (error) => this.#notSent(error));
    this.stream = stream ?? "";
    this.durable = durable;
  }

  get closed(): Promise<NatsError | undefined> {
    return this.#closed.promise;
  }

  async start(): Promise<void> {
    const { domain, existing = false, from = "first", heartbeat = 1_000, signal } = this.#options;
    const { filters } = this.#reading;
    if (this.stream === "") {
      this.stream = await streamOf(this.#nats, filters[0]!, { domain });
    }
    const config = {
      name: this.durable,
      durable_name: this.durable,
      ack_policy: "explicit",
      ack_wait: nanoseconds(this.#ackWait),
      max_ack_pending: -1,
      ...startOf(from),
    } as const;
    const info = await (existing
      ? consumerInfo(this.#nats, this.stream, this.durable, { domain })
      : createConsumer(this.#nats, this.stream, config, filters, { domain }));
    const pull = new Pull(
      this.#nats,
      this.stream,
      this.durable,
      { pace: this.#pace, heartbeat, domain },
      {
        message: (frame, reply) => this.#receive(frame, reply),
        stalled: () => void this.#recover(),
      },
    );
    this.#pull = pull;
    // An existing consumer continues at its position.
    if (!existing && info.delivered.consumer_seq === 0) {
      const missing = await findMissing(this.#nats, from, info, domain);
      if (missing !== undefined) this.#report(missing);
    }
    try {
      const [subscription] = await Promise.all([
        pull.start({
          idle: async () => {
            if (this.#running.size > 0) await this.#idle.promise;
          },
          onError: (error) =>
            this.#report(error instanceof TimeoutError ? this.#left(error) : error),
        }),
        pull.checkPermission(),
      ]);
      void subscription.closed.then((reason) => this.#end(reason));
    } catch (error) {
      this.#end(error as NatsError);
      throw error;
    }
    this.#progress = setInterval(() => this.#extend(), this.#ackWait / 3);
    if (signal !== undefined) onAbort(signal, this.#abort);
    if (signal?.aborted) await this.drain();
  }

  drain(options?: DrainOptions): Promise<void> {
    this.#draining ??= this.#drain(options);
    return this.#draining;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #drain(options: DrainOptions | undefined): Promise<void> {
    this.#giveBack();
    await this.#pull?.drain(options);
    this.#end(undefined);
  }

  /** @returns The error of a drain that took too long, about the worker instead of its subscription. */
  #left(cause: TimeoutError): TimeoutError {
    const { size } = this.#running;
    const handlers = size === 1 ? "1 handler is" : `${size} handlers are`;
    return new TimeoutError(
      `The worker "${this.durable}" was not drained in time (drainTimeout): ${handlers} still running. Messages without an acknowledgement are delivered again.`,
      { cause },
    );
  }

  #receive(frame: RawMessage, reply: string): void {
    const metadata = DeliverySubject.read(reply);
    if (metadata === undefined) return;
    const { subject } = frame;
    let message: AnyMessage | undefined;
    try {
      message = this.#reading.read(frame, subject, metadata);
    } catch (cause) {
      this.#acknowledgements.never(reply, "cannot be read");
      this.#report(new DeserializeError(subject, cause));
      this.#pull?.done();
      return;
    }
    if (message === undefined) {
      this.#acknowledgements.done(reply);
      this.#pull?.done();
      return;
    }
    const since = this.#pace.came(this.#waiting.length + this.#running.size + 1);
    this.#waiting.push({ message, reply, since });
    if (this.#draining !== undefined) this.#giveBack();
    // Outside of reading, so that slow handlers do not delay other messages of the connection.
    else if (this.#hasWork) this.#next();
  }

  /** `true` if a handler may start. */
  get #hasWork(): boolean {
    return (
      this.#waiting.length > 0 &&
      this.#running.size < this.#concurrency &&
      this.#draining === undefined &&
      !this.#scheduled
    );
  }

  /** Starts as many handlers as allowed in this turn of the event loop. */
  #work(): void {
    if (this.#clocked) readingBudget.spend();
    else this.#startClock();
    while (this.#hasWork) {
      if (readingBudget.spent) {
        this.#yield();
        return;
      }
      this.#begin(this.#waiting.shift()!);
      readingBudget.spend();
    }
  }

  /** Starts the clock until the end of this turn: it also counts what asynchronous handlers compute between two starts. */
  #startClock(): void {
    this.#clocked = true;
    readingBudget.begin();
    afterTurn(() => {
      this.#clocked = false;
    });
  }

  /** Starts handlers in the next turn with budget left. */
  #next(): void {
    this.#scheduled = true;
    readingBudget.next(() => {
      this.#scheduled = false;
      this.#work();
    });
  }

  /** Continues in another turn, so that acknowledgements are sent and the rest of the program runs. */
  #yield(): void {
    this.#scheduled = true;
    // After the connections that wait for the next turn.
    afterTurn(() => this.#next());
  }

  #begin(job: Job): void {
    const { message } = job;
    this.#running.add(job);
    let result: unknown;
    try {
      result = this.#handler(message.message, message);
    } catch (error) {
      this.#failed(job, error);
      return;
    }
    if (!isThenable(result)) {
      this.#succeeded(job);
      return;
    }
    result.then(
      () => {
        this.#succeeded(job);
        this.#work();
      },
      (error: unknown) => {
        this.#failed(job, error);
        this.#work();
      },
    );
  }

  #succeeded(job: Job): void {
    this.#acknowledgements.done(job.reply);
    this.#done(job);
  }

  #failed(job: Job, cause: unknown): void {
    const { deliveries, subject, sequence } = job.message;
    const { maxDeliveries = Number.POSITIVE_INFINITY, retryDelays = RETRY_DELAYS } = this.#options;
    if (deliveries >= maxDeliveries) {
      this.#acknowledgements.never(job.reply, "given up");
      this.#report(new MessageGivenUpError(subject, sequence, deliveries, cause));
    } else {
      const delay = retryDelays[Math.min(deliveries, retryDelays.length) - 1] ?? 0;
      this.#acknowledgements.again(job.reply, delay);
      this.#report(new HandlerError(subject, cause));
    }
    this.#done(job);
  }

  #done(job: Job): void {
    this.#running.delete(job);
    if (job.since !== 0) this.#pace.done(job.since);
    this.#pull?.done();
    if (this.#running.size === 0 && this.#draining !== undefined) this.#idle.resolve();
  }

  /** Returns waiting messages to the server. */
  #giveBack(): void {
    for (const { reply } of this.#waiting) this.#acknowledgements.giveBack(reply);
    this.#waiting.clear();
  }

  /** Tells the server that held messages are still being processed. */
  #extend(): void {
    for (const { reply } of this.#running) this.#acknowledgements.progress(reply);
    for (const { reply } of this.#waiting) this.#acknowledgements.progress(reply);
  }

  #notSent(error: NatsError): void {
    // Without the permission, every message would be delivered again forever.
    if (error instanceof PermissionViolationError) this.#fail(error);
    // A closed connection is not an error: the message is delivered again.
    else if (!this.#ended && !isClosing(error)) this.#report(error);
  }

  /**
   * Called when messages are overdue: waits for the server, and continues if the consumer exists.
   */
  async #recover(): Promise<void> {
    const { domain } = this.#options;
    const name = `CONSUMER.INFO.${this.stream}.${this.durable}`;
    try {
      await persistently(
        () => api(this.#nats, name, undefined, { domain }),
        () => !this.#ended && this.#draining === undefined,
      );
      await this.#pull?.checkPermission();
      this.#pull?.restart();
    } catch (cause) {
      if (isClosing(cause)) this.#end(undefined);
      else this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    if (this.#ended) return;
    const deleted =
      cause instanceof JetStreamError && cause.errorCode === ERROR_CODES.consumerNotFound;
    const error = deleted
      ? new ConsumerDeletedError(
          `The consumer "${this.durable}" of the stream "${this.stream}" was deleted, and its progress is lost. Start the worker again at the right position.`,
          cause.errorCode,
          cause.description,
          { cause },
        )
      : (cause as NatsError);
    this.#end(error);
    this.#report(error);
  }

  #end(reason: NatsError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting.clear();
    this.#pull?.end();
    clearInterval(this.#progress);
    if (this.#options.signal !== undefined) offAbort(this.#options.signal, this.#abort);
    this.#closed.resolve(reason);
  }
}
