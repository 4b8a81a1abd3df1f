import type { NatsCommand, RawMessage, Subscription } from "../commands/nats-command.js";
import { DisconnectedError, PermissionViolationError } from "../errors.js";
import { uniqueId } from "../protocol/unique-id.js";
import { ANSWER_WAIT, api, nanoseconds } from "./api.js";
import { type ConsumerInfo, createConsumer, type From, passing, startOf } from "./consumer.js";
import { DeliverySubject } from "./stored.js";

/** Who gets what a {@link Push} brings. */
export interface PushReceiver {
  /** A message, in order and without a gap. Borrowed. Never throws. */
  message(frame: RawMessage, delivery: DeliverySubject): void;
  /** The server has had nothing to send for a while, and has looked at everything up to a sequence of the stream. */
  idle(sequence: number): void;
  /** Something was skipped, or the server or the consumer is gone. Nothing comes any more. */
  lost(): void;
  /** Nothing comes any more, and another consumer would not help. */
  failed(error: PermissionViolationError): void;
}

/** What to read. */
export interface PushOptions {
  readonly stream: string;
  readonly filters: readonly string[];
  readonly from: From;
  /** Milliseconds after which silence means that something is wrong. */
  readonly heartbeat: number;
  /** Milliseconds between two signs of life of an idle consumer; at most {@link heartbeat}. */
  readonly pulse: number;
  readonly domain: string | undefined;
}

/** Milliseconds within which a server says that something is not permitted. */
const REFUSAL_WAIT = 1_000;

/**
 * A passing consumer that the server pushes messages from, which costs it about half of what requests for
 * them do. It goes ahead of {@link taken} by so many bytes as its flow control allows: 2 MiB at first, 32 MiB
 * at most.
 *
 * @see ADR-15, JetStream subscribe workflow; ADR-17, ordered consumer
 */
export class Push {
  readonly #nats: NatsCommand;
  readonly #options: PushOptions;
  readonly #receiver: PushReceiver;
  readonly #name = uniqueId();
  #subscription: Subscription | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #heard = true;
  #ended = false;
  /** Messages that came, and those of them that were taken. */
  #came = 0;
  #taken = 0;
  /** Whether a question of flow control was answered. */
  #answered = false;
  /** Where the server waits to hear that so many messages were taken. */
  #awaited: { readonly subject: string; readonly count: number } | undefined;

  constructor(nats: NatsCommand, options: PushOptions, receiver: PushReceiver) {
    this.#nats = nats;
    this.#options = options;
    this.#receiver = receiver;
  }

  /**
   * Begins.
   *
   * @param waiting Messages that somebody else brought and that are not taken yet.
   * @returns The subscription, and what the server says of the consumer.
   * @throws JetStreamError and its classes, or TimeoutError: in a cluster a consumer may be given to a server that has
   *   just died, and another one to another.
   */
  async start(waiting: number): Promise<{ subscription: Subscription; info: ConsumerInfo }> {
    const { stream, filters, from, heartbeat, pulse, domain } = this.#options;
    this.#taken = -waiting;
    const inbox = this.#nats.createInbox();
    const receive = (frame: RawMessage): void => this.#receive(frame);
    const subscription = await this.#nats.listen(inbox, receive);
    this.#subscription = subscription;
    const config = {
      name: this.#name,
      ...passing(),
      ...startOf(from),
      deliver_subject: inbox,
      flow_control: true,
      idle_heartbeat: nanoseconds(pulse),
    };
    try {
      const info = await createConsumer(this.#nats, stream, config, filters, {
        domain,
        timeout: ANSWER_WAIT,
      });
      if (this.#ended) {
        this.#delete();
        throw new DisconnectedError("The consumer was lost before it began.");
      }
      this.#watchdog = setInterval(() => this.#watch(), heartbeat);
      return { subscription, info };
    } catch (error) {
      this.#ended = true;
      subscription.unsubscribe();
      throw error;
    }
  }

  /** Messages were taken. */
  take(count: number): void {
    this.#taken += count;
    const awaited = this.#awaited;
    if (awaited !== undefined && this.#taken >= awaited.count) {
      this.#awaited = undefined;
      this.#answer(awaited.subject);
    }
  }

  /**
   * @returns Sequence of the stream up to which the consumer has looked, if everything has come that it had to deliver
   *   until then.
   */
  async findComplete(): Promise<number | undefined> {
    const { stream, domain } = this.#options;
    const name = `CONSUMER.INFO.${stream}.${this.#name}`;
    const info = await api<ConsumerInfo>(this.#nats, name, undefined, { domain });
    const complete = info.num_pending === 0 && info.delivered.consumer_seq === this.#came;
    return complete ? info.delivered.stream_seq : undefined;
  }

  /** Ends at once. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#watchdog);
    this.#subscription?.unsubscribe();
    // Before it is there, start() does it.
    if (this.#watchdog !== undefined) this.#delete();
  }

  /** The server forgets an unused consumer by itself; telling it is quicker. */
  #delete(): void {
    const { stream, domain } = this.#options;
    api(this.#nats, `CONSUMER.DELETE.${stream}.${this.#name}`, undefined, { domain }).catch(
      () => {},
    );
  }

  #receive(frame: RawMessage): void {
    if (this.#ended) return;
    this.#heard = true;
    const { reply } = frame;
    const delivery = reply === undefined ? undefined : DeliverySubject.read(reply);
    if (delivery === undefined) {
      this.#status(frame, reply);
    } else if (delivery.consumerSequence !== this.#came + 1) {
      this.#lose();
    } else {
      this.#came++;
      this.#receiver.message(frame, delivery);
    }
  }

  /** A heartbeat, or a question of flow control. */
  #status({ headers }: RawMessage, reply: string | undefined): void {
    if (headers === undefined) return;
    const asked = reply ?? headers.get("Nats-Consumer-Stalled");
    if (asked !== undefined) {
      if (this.#taken >= this.#came) this.#answer(asked);
      else this.#awaited = { subject: asked, count: this.#came };
      return;
    }
    const delivered = headers.get("Nats-Last-Consumer");
    if (delivered === undefined) return;
    if (Number(delivered) === this.#came) {
      this.#receiver.idle(Number(headers.get("Nats-Last-Stream") ?? 0));
    } else this.#lose();
  }

  #answer(subject: string): void {
    if (!this.#answered) {
      this.#answered = true;
      // It is not confirmed, but a missing permission is told.
      this.#nats.request(subject, undefined, { timeout: REFUSAL_WAIT }).catch((error: unknown) => {
        if (!this.#ended && error instanceof PermissionViolationError) this.#receiver.failed(error);
      });
      return;
    }
    try {
      this.#nats.post(subject);
    } catch {
      // Without an answer the consumer stands still: the watchdog, or the connection's end, will see to it.
    }
  }

  #watch(): void {
    if (!this.#heard) this.#lose();
    this.#heard = false;
  }

  #lose(): void {
    const begun = this.#watchdog !== undefined;
    this.end();
    if (begun) this.#receiver.lost();
  }
}
