import { decodeUtf8 } from "../buffers/bytes.js";
import type {
  DrainOptions,
  ListenOptions,
  NatsCommand,
  RawMessage,
  Subscription,
} from "../commands/nats-command.js";
import { PermissionViolationError } from "../errors.js";
import type { NatsHeaders } from "../protocol/headers.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { apiPrefix, nanoseconds } from "./api.js";
import type { Pace } from "./pace.js";

/** Receiver of a {@link Pull}. */
export interface PullReceiver {
  /** Called for each message. Borrowed. Never throws. */
  message(frame: RawMessage, reply: string): void;
  /**
   * Called when messages stop arriving, because the server or the consumer is gone. Nothing is
   * requested until {@link Pull.restart}.
   */
  stalled(): void;
}

/** Amount of messages to request. */
export interface PullOptions {
  /** Maximum number of messages that have arrived and are not done. */
  readonly pace: Pace;
  /** Milliseconds between the server's signs of life; two missing ones mean a problem. */
  readonly heartbeat: number;
  readonly domain: string | undefined;
}

/** A request for messages with a remaining number. */
interface Request {
  readonly id: number;
  left: number;
}

/** Milliseconds that a request for messages stays open. */
const EXPIRES = 30_000;
/**
 * Maximum number of bytes of one request's messages, so that large messages do not fill the memory.
 */
const MOST_BYTES = 8 * 1024 * 1024;

/** No message is this small: the request returns none, and only checks the permission. */
const NOTHING = '{"batch":1,"max_bytes":1,"no_wait":true}';

const requests: NatsSerializer<string> = {
  serialize(value, writer) {
    writer.utf8(value);
  },
  deserialize: decodeUtf8,
};

/**
 * Requests messages of a pull consumer in advance: when half of the maximum is done, it requests
 * the next half. The server serves requests in order, and ends each with a status on the request's
 * own reply subject.
 *
 * @see ADR-13, pull subscribe internals; ADR-37, JetStream simplification
 */
export class Pull {
  readonly #nats: NatsCommand;
  readonly #options: PullOptions;
  readonly #receiver: PullReceiver;
  readonly #next: string;
  readonly #inbox: string;
  #requests: Request[] = [];
  #lastId = 0;
  /** Requested messages that have not arrived. */
  #wanted = 0;
  /** Messages that have arrived and are not done. */
  #held = 0;
  #maxBytes: number | undefined = MOST_BYTES;
  #heard = true;
  #subscription: Subscription | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #active = false;
  #ended = false;

  constructor(
    nats: NatsCommand,
    stream: string,
    consumer: string,
    options: PullOptions,
    receiver: PullReceiver,
  ) {
    this.#nats = nats;
    this.#options = options;
    this.#receiver = receiver;
    this.#next = `${apiPrefix(options.domain)}CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#inbox = nats.createInbox();
  }

  /**
   * Subscribes and requests the first messages. @param options Options of the subscription.
   * @returns The subscription.
   */
  async start(options: ListenOptions): Promise<Subscription> {
    const receive = (frame: RawMessage): void => this.#receive(frame);
    this.#subscription = await this.#nats.listen(`${this.#inbox}.*`, receive, options);
    if (this.#ended) this.#subscription.unsubscribe();
    else {
      this.#watchdog = setInterval(() => this.#watch(), this.#options.heartbeat);
      this.restart();
    }
    return this.#subscription;
  }

  /**
   * Checks the permission to request messages, because missing messages do not reveal it.
   *
   * @throws PermissionViolationError
   */
  async checkPermission(): Promise<void> {
    try {
      await this.#nats.request(this.#next, NOTHING, { serializer: requests });
    } catch (error) {
      // Other errors affect the requests themselves as well.
      if (error instanceof PermissionViolationError) throw error;
    }
  }

  /** Replaces all earlier requests by new ones. */
  restart(): void {
    if (this.#ended) return;
    this.#requests = [];
    this.#wanted = 0;
    this.#heard = true;
    this.#active = true;
    this.#refill();
  }

  /** Marks a message as done. */
  done(): void {
    this.#held--;
    this.#refill();
  }

  /** Stops requesting messages. Those under way still arrive. */
  stop(): void {
    this.#ended = true;
    this.#active = false;
    clearInterval(this.#watchdog);
  }

  /** Ends immediately. */
  end(): void {
    this.stop();
    this.#subscription?.unsubscribe();
  }

  /** Ends after the messages under way have arrived. */
  async drain(options: DrainOptions | undefined): Promise<void> {
    this.stop();
    await this.#subscription?.drain(options);
  }

  #refill(): void {
    if (!this.#active) return;
    const { pace } = this.#options;
    const have = this.#wanted + this.#held;
    if (have > pace.ahead / 2) return;
    this.#ask(pace.ahead - have);
    pace.asked();
  }

  #ask(batch: number): void {
    const id = ++this.#lastId;
    const request = {
      batch,
      expires: nanoseconds(EXPIRES),
      idle_heartbeat: nanoseconds(this.#options.heartbeat),
      max_bytes: this.#maxBytes,
    };
    try {
      this.#nats.post(this.#next, JSON.stringify(request), {
        serializer: requests,
        reply: `${this.#inbox}.${id}`,
      });
    } catch {
      // The connection is closed, or its buffer full: the watchdog detects it.
      return;
    }
    this.#requests.push({ id, left: batch });
    this.#wanted += batch;
  }

  #receive(frame: RawMessage): void {
    this.#heard = true;
    const { reply } = frame;
    if (reply === undefined) {
      this.#status(frame.subject, frame.headers);
      return;
    }
    this.#held++;
    const [oldest] = this.#requests;
    if (oldest !== undefined) {
      this.#wanted--;
      if (--oldest.left === 0) this.#requests.shift();
    }
    this.#receiver.message(frame, reply);
    this.#refill();
  }

  #status(subject: string, headers: NatsHeaders | undefined): void {
    const { status = 0, description = "" } = headers ?? {};
    if (status === 100) return;
    const id = Number(subject.slice(subject.lastIndexOf(".") + 1));
    const at = this.#requests.findIndex((request) => request.id === id);
    if (at < 0) return;
    this.#wanted -= this.#requests[at]!.left;
    this.#requests.splice(at, 1);
    if (/exceeds maxbytes/i.test(description)) this.#maxBytes = undefined;
    // 404 and 408: no messages in time; 409 "Batch Completed" and "Exceeds MaxBytes": the request
    // is complete.
    if (status === 404 || status === 408 || /completed|exceeds maxbytes/i.test(description)) {
      this.#refill();
    } else this.#stall();
  }

  #watch(): void {
    if (!this.#active) return;
    const silent = !this.#heard;
    this.#heard = false;
    // The server sends heartbeats while a request is open, and two are missing.
    if (silent && this.#requests.length > 0) this.#stall();
    else if (this.#requests.length === 0) this.#refill();
  }

  #stall(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#receiver.stalled();
  }
}
