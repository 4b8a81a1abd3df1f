import { checkFunction, checkOptions } from "../arguments.js";
import type {
  ListenOptions,
  NatsCommand,
  NatsHandler,
  NatsMessages,
  RawMessage,
  RespondOptions,
  SubscribeOptions,
  Subscription,
} from "../commands/nats-command.js";
import type { DeliveryContext } from "../delivery/context.js";
import { errorHandler } from "../delivery/error-handler.js";
import { MessageQueue } from "../delivery/message-queue.js";
import { rawReceiver } from "../delivery/raw-receiver.js";
import type { Receiver } from "../delivery/receiver.js";
import { refuseRequest, responding } from "../delivery/responder.js";
import { tooSlow } from "../delivery/slow-consumer.js";
import { typedReceiver } from "../delivery/typed-receiver.js";
import type { NatsError } from "../errors.js";
import { NatsKey } from "../protocol/nats-key.js";
import { checkLength, checkQueue, checkSubject, notAKey } from "../protocol/subject.js";
import { checkSerializer, type NatsSerializer } from "../serialization/serializer.js";
import { offAbort, onAbort } from "../waiting/abort.js";
import { checkCount, checkSignal, checkTimeout } from "../waiting/deadline.js";
import type { Engine } from "./engine.js";
import { expectFirst } from "./subscription-timeout.js";
import type { SubscriptionEntry } from "./subscriptions.js";

/** The commands of a connection that subscribe; see {@link NatsCommand}. */
export class Subscriber
  implements Pick<NatsCommand, "subscribe" | "respond" | "messages" | "listen">
{
  readonly #engine: Engine;
  readonly #delivery: DeliveryContext;

  /**
   * @param engine Engine of the connection.
   * @param delivery Context of typed subscriptions.
   */
  constructor(engine: Engine, delivery: DeliveryContext) {
    this.#engine = engine;
    this.#delivery = delivery;
  }

  async subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options: SubscribeOptions<T> = {},
  ): Promise<Subscription> {
    checkFunction("handler", handler);
    checkListening(options);
    const receiver = typedReceiver<T>(String(key), options, this.#delivery, (message) =>
      handler(message.value, message),
    );
    return this.#confirmed(this.#subscribe(key, receiver, options), options.signal);
  }

  async respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options: RespondOptions<Q, R> = {},
  ): Promise<Subscription> {
    checkFunction("handler", handler);
    checkListening(options);
    const { replySerializer } = options;
    if (replySerializer !== undefined) checkSerializer("replySerializer", replySerializer);
    const serializer = replySerializer ?? (options.serializer as NatsSerializer | undefined);
    const receiver = typedReceiver<Q>(
      String(key),
      options,
      this.#delivery,
      responding(handler, serializer as NatsSerializer | undefined),
      (reply, cause) => refuseRequest(this.#delivery.nats, reply, cause),
    );
    return this.#confirmed(this.#subscribe(key, receiver, options), options.signal);
  }

  messages<T>(key: NatsKey | string, options: SubscribeOptions<T> = {}): NatsMessages<T> {
    checkListening(options);
    const onFull = tooSlow(String(key), options, this.#delivery);
    const report = errorHandler(options, this.#delivery.report);
    const queue = new MessageQueue<T>(options, this.#delivery.gate, onFull, { report });
    try {
      // The loop itself is the queue.
      const direct = { ...options, concurrency: 0 };
      const receiver = typedReceiver<T>(String(key), direct, this.#delivery, (message) =>
        queue.push(message),
      );
      const ended = (why: NatsError | undefined) => queue.end(why);
      const entry = this.#subscribe(key, { ...receiver, ended, iterated: true }, options);
      queue.start(entry, this.#confirmed(entry, options.signal));
    } catch (error) {
      queue.end(error);
    }
    return queue;
  }

  async listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options: ListenOptions = {},
  ): Promise<Subscription> {
    checkFunction("handler", handler);
    checkListening(options);
    const receiver = rawReceiver(options, this.#delivery.report, handler);
    return this.#confirmed(this.#subscribe(key, receiver, options), options.signal);
  }

  #subscribe(key: NatsKey | string, receiver: Receiver, options: ListenOptions): SubscriptionEntry {
    const { queue, signal, max = 0, timeout } = options;
    checkSignal(signal);
    if (options.max !== undefined) checkCount("max", max);
    if (timeout !== undefined) checkTimeout(timeout);
    if (typeof key === "string") checkSubject(key);
    else if (!(key instanceof NatsKey)) throw notAKey(key);
    if (queue !== undefined) checkQueue(queue);
    const subject = String(key);
    checkLength(subject, queue ?? "");
    const { lifecycle, subscriptions } = this.#engine;
    lifecycle.ensureNotDraining();
    lifecycle.ensureOpening();
    const report = errorHandler(options, this.#delivery.report);
    const entry = subscriptions.add(subject, queue, receiver, max, report);
    if (timeout !== undefined) expectFirst(entry, timeout);
    if (signal !== undefined) {
      const abort = () => entry.unsubscribe();
      onAbort(signal, abort);
      void entry.closed.then(() => offAbort(signal, abort));
    }
    return entry;
  }

  /** @returns The subscription, when the server has it. */
  #confirmed(entry: SubscriptionEntry, signal: AbortSignal | undefined): Promise<Subscription> {
    const { lifecycle, subscriptions } = this.#engine;
    return subscriptions.confirmed(entry, signal, () => lifecycle.ensureOpening(true));
  }
}

/** @throws InvalidArgumentError naming the option. */
function checkListening(options: ListenOptions): void {
  checkOptions(options);
  const { accepts, idle, onError } = options;
  if (idle !== undefined) checkFunction("idle", idle);
  if (accepts !== undefined) checkFunction("accepts", accepts);
  if (onError !== undefined) checkFunction("onError", onError);
}
