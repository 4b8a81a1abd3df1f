import { setImmediate, setTimeout } from "node:timers/promises";
import { NatsConnection, type NatsError } from "alternats";

/** Messages that are published before the server is asked whether it has them. */
const BATCH = 500;
/** Milliseconds between two batches, so that days of it do not wear the machine out. */
const PAUSE = 10;

/** What became of a stream's messages. */
export interface StreamCounts {
  readonly sent: number;
  readonly delivered: number;
  /** Sent and not delivered. */
  readonly lost: number;
  /** Of how many the connection said that it cannot know; no more may be lost. */
  readonly inDoubt: number;
  /** Delivered twice, or after a later one. */
  readonly disordered: number;
}

/**
 * A publisher and a subscriber on one connection, so that what a restart takes from one it takes from
 * the other: whatever was confirmed must be delivered.
 */
export class Stream {
  readonly #nats: NatsConnection;
  readonly #subject: string;
  readonly #viaLoop: boolean;
  #sent = 0;
  #delivered = 0;
  #next = 0;
  #disordered = 0;
  #inDoubt = 0;

  /**
   * @param servers Where.
   * @param subject The stream's own.
   * @param viaLoop Whether the subscriber is an async loop instead of a handler.
   * @param onError Told of failures that belong to nobody.
   */
  constructor(
    servers: string,
    subject: string,
    viaLoop: boolean,
    onError: (error: NatsError) => void,
  ) {
    this.#subject = subject;
    this.#viaLoop = viaLoop;
    this.#nats = new NatsConnection({
      servers,
      reconnectWait: 100,
      reconnectWaitMax: 100,
      onError,
    });
    this.#nats.on("opened", ({ inDoubt }) => {
      this.#inDoubt += inDoubt;
    });
  }

  /** Publishes and takes until it is told to stop. */
  async run(stop: AbortSignal): Promise<void> {
    await this.#subscribe();
    while (!stop.aborted) {
      for (let i = 0; i < BATCH; i++) {
        await this.#nats.publish(this.#subject, {
          number: this.#sent++,
          text: "a soaking message",
        });
      }
      // Whoever waits for a lost connection is told; the next batch waits for the next one.
      await this.#nats.flush().catch(() => {});
      await setTimeout(PAUSE);
    }
    await this.#nats.flush();
    // A loop takes in turns of its own what has arrived.
    for (let i = 0; i < 100 && this.#next < this.#sent; i++) await setImmediate();
  }

  get counts(): StreamCounts {
    return {
      sent: this.#sent,
      delivered: this.#delivered,
      lost: this.#sent - this.#delivered,
      inDoubt: this.#inDoubt,
      disordered: this.#disordered,
    };
  }

  close(): Promise<void> {
    return this.#nats.close();
  }

  async #subscribe(): Promise<void> {
    if (!this.#viaLoop) {
      await this.#nats.subscribe<{ number: number }>(this.#subject, ({ number }) =>
        this.#take(number),
      );
      return;
    }
    const messages = this.#nats.messages<{ number: number }>(this.#subject);
    void (async () => {
      for await (const { value } of messages) this.#take(value.number);
    })();
    await this.#nats.flush();
  }

  #take(number: number): void {
    this.#delivered++;
    if (number < this.#next) this.#disordered++;
    this.#next = number + 1;
  }
}
