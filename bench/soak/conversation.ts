import { setTimeout } from "node:timers/promises";
import { NatsConnection, type NatsError } from "alternats";

const IN_FLIGHT = 16;

/** What became of the requests. */
export interface ConversationCounts {
  /** Questions, each asked until it was answered. */
  readonly asked: number;
  readonly answered: number;
  /** Answers that belong to another question. */
  readonly wrong: number;
  /** How often a question was asked again, by the error's code. */
  readonly again: Readonly<Record<string, number>>;
}

/** Requests between two connections; a restart hits both, and every question is answered in the end. */
export class Conversation {
  readonly #asker: NatsConnection;
  readonly #responder: NatsConnection;
  #asked = 0;
  #answered = 0;
  #wrong = 0;
  readonly #again: Record<string, number> = {};

  /**
   * @param servers Where.
   * @param onError Told of failures that belong to nobody.
   */
  constructor(servers: string, onError: (error: NatsError) => void) {
    const options = { servers, reconnectWait: 100, reconnectWaitMax: 100, onError };
    this.#asker = new NatsConnection({ ...options, requestTimeout: 1_000 });
    this.#responder = new NatsConnection(options);
  }

  /** Asks until it is told to stop. */
  async run(stop: AbortSignal): Promise<void> {
    await this.#responder.respond<number, number>("soak.double", (value) => 2 * value, {
      queue: "responders",
    });
    await Promise.all(Array.from({ length: IN_FLIGHT }, () => this.#loop(stop)));
  }

  get counts(): ConversationCounts {
    return {
      asked: this.#asked,
      answered: this.#answered,
      wrong: this.#wrong,
      again: { ...this.#again },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#asker.close(), this.#responder.close()]);
  }

  async #loop(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const value = this.#asked++;
      if ((await this.#ask(value)) !== 2 * value) this.#wrong++;
      this.#answered++;
      await setTimeout(2);
    }
  }

  async #ask(value: number): Promise<number> {
    for (;;) {
      try {
        return await this.#asker.request<number>("soak.double", value);
      } catch (error) {
        const { code } = error as NatsError;
        this.#again[code] = (this.#again[code] ?? 0) + 1;
        await setTimeout(20);
      }
    }
  }
}
