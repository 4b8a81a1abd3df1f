import type { NatsCommand, RawMessage, Subscription } from "../commands/nats-command.js";
import { DisconnectedError, PermissionViolationError } from "../errors.js";
import { uniqueId } from "../protocol/unique-id.js";
import { ANSWER_WAIT, api, nanoseconds } from "./api.js";
import { type ConsumerInfo, createConsumer, type From, passing, startOf } from "./consumer.js";
import type { ReplaySource, SourceReceiver } from "./replay-source.js";
import { DeliverySubject } from "./stored.js";

/** Options of a push consumer. */
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

/** Milliseconds within which a server reports a missing permission. */
const REFUSAL_WAIT = 1_000;

/**
 * A temporary consumer whose messages the server pushes, at about half the server's cost of pull
 * requests. It is ahead of {@link taken} by the number of bytes that its flow control allows: 2 MiB
 * at first, at most 32 MiB.
 *
 * @see ADR-15, JetStream subscribe workflow; ADR-17, ordered consumer
 */
export class Push implements ReplaySource {
  readonly isExact = true;
  readonly #nats: NatsCommand;
  readonly #options: PushOptions;
  readonly #receiver: SourceReceiver;
  readonly #name = uniqueId();
  readonly #inbox: string;
  #subscription: Subscription | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #heard = true;
  #ended = false;
  /** Messages that have arrived, and those of them that were taken. */
  #came = 0;
  #taken = 0;
  /** `true` after a reply to flow control. */
  #answered = false;
  /** Flow control of the server that waits until a number of messages were taken. */
  #awaited: { readonly subject: string; readonly count: number } | undefined;

  constructor(nats: NatsCommand, options: PushOptions, receiver: SourceReceiver) {
    this.#nats = nats;
    this.#inbox = nats.createInbox();
    this.#options = options;
    this.#receiver = receiver;
  }

  /** Subscribes to the subject of the consumer's messages. @returns The subscription. */
  async listen(): Promise<Subscription> {
    const receive = (frame: RawMessage): void => this.#receive(frame);
    this.#subscription = await this.#nats.listen(this.#inbox, receive);
    return this.#subscription;
  }

  /**
   * Creates the consumer, after {@link listen}.
   *
   * @param waiting Messages of an earlier consumer that are not taken yet.
   * @returns The server's description of the consumer.
   * @throws JetStreamError and its classes, or TimeoutError: in a cluster, a consumer may be
   * assigned to a server that has just crashed, and the next one to another server.
   */
  async create(waiting: number): Promise<ConsumerInfo> {
    const { stream, filters, from, heartbeat, pulse, domain } = this.#options;
    this.#taken = -waiting;
    const config = {
      name: this.#name,
      ...passing(),
      ...startOf(from),
      deliver_subject: this.#inbox,
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
      return info;
    } catch (error) {
      this.#ended = true;
      this.#subscription?.unsubscribe();
      throw error;
    }
  }

  /** Counts taken messages. */
  take(count: number): void {
    this.#taken += count;
    const awaited = this.#awaited;
    if (awaited !== undefined && this.#taken >= awaited.count) {
      this.#awaited = undefined;
      this.#answer(awaited.subject);
    }
  }

  /**
   * @returns Sequence of the stream up to which the consumer has checked, if all of its messages until then have
   * arrived.
   */
  async findComplete(): Promise<number | undefined> {
    const { stream, domain } = this.#options;
    const name = `CONSUMER.INFO.${stream}.${this.#name}`;
    const info = await api<ConsumerInfo>(this.#nats, name, undefined, { domain });
    const complete = info.num_pending === 0 && info.delivered.consumer_seq === this.#came;
    return complete ? info.delivered.stream_seq : undefined;
  }

  /** Ends immediately. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#watchdog);
    this.#subscription?.unsubscribe();
    // Before the consumer exists, create() deletes it.
    if (this.#watchdog !== undefined) this.#delete();
  }

  /** Deletes the consumer. The server deletes an unused consumer by itself, but later. */
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

  /** Handles a heartbeat, or a flow control message. */
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
      // The server does not confirm it, but reports a missing permission.
      this.#nats.request(subject, undefined, { timeout: REFUSAL_WAIT }).catch((error: unknown) => {
        if (!this.#ended && error instanceof PermissionViolationError) this.#receiver.failed(error);
      });
      return;
    }
    try {
      this.#nats.post(subject);
    } catch {
      // Without a reply the consumer stops: the watchdog, or the end of the connection, detects it.
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
