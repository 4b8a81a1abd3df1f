import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection, NatsError } from "alternats";
import type { Clients } from "./clients.js";
import type { Watch } from "./watch.js";

const SUBJECT = "chaos-double";
const LOOPS = 8;
const PAUSE = 5;
/** Milliseconds for a request, whose default timeout is 5 s. */
const LIMIT = 10_000;

/** Requests between two connections. A request may fail, but it must settle, and with its own answer. */
export class Requests {
  asked = 0;
  answered = 0;
  /** Number of answers that belong to another request. */
  wrong = 0;
  readonly failed = new Map<string, number>();
  readonly #watch: Watch;
  #requester!: NatsConnection;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  async start(clients: Clients): Promise<void> {
    const responder = await clients.connect("responder");
    await responder.respond<number, number>(SUBJECT, (value) => 2 * value);
    this.#requester = await clients.connect("requester");
  }

  async run(stop: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: LOOPS }, () => this.#loop(stop)));
  }

  async #loop(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const value = this.asked++;
      try {
        const request = this.#requester.request<number>(SUBJECT, value);
        const answer = await this.#watch.within("request", LIMIT, request);
        if (answer === undefined) continue;
        this.answered++;
        if (answer !== 2 * value) this.wrong++;
      } catch (error) {
        const { code } = error as NatsError;
        this.failed.set(code, (this.failed.get(code) ?? 0) + 1);
      }
      await sleep(PAUSE);
    }
  }
}
