import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection, NatsError } from "alternats";
import type { Clients } from "./clients.js";
import type { Watch } from "./watch.js";

const SUBJECT = "chaos-publish";
const BURST = 50;
const PAUSE = 20;
/** Milliseconds for a flush, whose default timeout is 5 s. */
const LIMIT = 10_000;

/** Plain messages from one connection to another, delivered at most once. */
export class Publishers {
  sent = 0;
  received = 0;
  /** Number of messages that arrived again, or after a later one. */
  repeated = 0;
  readonly failed = new Map<string, number>();
  readonly #watch: Watch;
  #publisher!: NatsConnection;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  async start(clients: Clients): Promise<void> {
    let last = -1;
    const subscriber = await clients.connect("subscriber");
    await subscriber.subscribe<number>(SUBJECT, (number) => {
      this.received++;
      if (number <= last) this.repeated++;
      else last = number;
    });
    this.#publisher = await clients.connect("publisher");
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        for (let i = 0; i < BURST; i++) await this.#publisher.publish(SUBJECT, this.sent++);
        await this.#watch.within("flush", LIMIT, this.#publisher.flush());
      } catch (error) {
        const { code } = error as NatsError;
        this.failed.set(code, (this.failed.get(code) ?? 0) + 1);
      }
      await sleep(PAUSE);
    }
  }
}
