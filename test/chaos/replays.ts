import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "alternats";
import { type Replay, replay } from "alternats/jetstream";
import type { Clients } from "./clients.js";
import type { Stored } from "./judge.js";
import { type EntryStream, STREAMS } from "./streams.js";
import type { Watch } from "./watch.js";

/** Milliseconds that a replay of {@link LENGTH} messages may take, including faults. */
const LIMIT = 40_000;
/** Number of past messages in a short replay. */
const LENGTH = 2_000;

/** Progress of a replay. */
export interface ReplayLedger {
  readonly name: string;
  readonly stream: string;
  readonly from: number;
  /** Received sequences, in the order of arrival. */
  readonly came: number[];
  /** Sequence that the replay must reach. */
  until: number;
  /** Error that the loop threw; `undefined` if it did not throw. */
  failure: unknown;
}

/** @returns A description of the fault of a replay; `undefined` if it is complete. */
export function faultOf(ledger: ReplayLedger, stored: readonly Stored[]): string | undefined {
  const { from, came, until, failure } = ledger;
  if (failure !== undefined) return `threw ${failure}`;
  const last = came.at(-1) ?? 0;
  if (last < until) return `ended at ${last}, not at ${until}`;
  const expected = stored
    .map(({ sequence }) => sequence)
    .filter((sequence) => sequence >= from && sequence <= last);
  const wrong = expected.findIndex((sequence, i) => came[i] !== sequence);
  if (wrong !== -1) return `has ${came[wrong]} in the place of ${expected[wrong]}`;
  return came.length > expected.length ? "has more than is stored" : undefined;
}

/** Replays of the run: for each stream, one that follows it from the first message, and short ones of past messages. */
export class Replays {
  readonly ledgers: ReplayLedger[] = [];
  readonly #live: { readonly ledger: ReplayLedger; readonly replay: Replay<unknown> }[] = [];
  readonly #loops: Promise<void>[] = [];
  readonly #clients: Clients;
  readonly #watch: Watch;

  constructor(clients: Clients, watch: Watch) {
    this.#clients = clients;
    this.#watch = watch;
  }

  async start(stop: AbortSignal): Promise<void> {
    for (const stream of STREAMS) {
      const following = await this.#clients.connect(`follow-${stream.name}`);
      const ledger = this.#ledger(`follow-${stream.name}`, stream.name, 1);
      const live = replay(following, stream.channel, {}, { from: "first" });
      this.#live.push({ ledger, replay: live });
      this.#loops.push(collect(live, ledger));
      const past = await this.#clients.connect(`replay-${stream.name}`);
      this.#loops.push(this.#again(past, stream, ledger, stop));
    }
  }

  /** Waits until the live replays have reached the last message, and ends them. */
  async end(lasts: ReadonlyMap<string, number>, limit: number): Promise<void> {
    const end = performance.now() + limit;
    for (const { ledger, replay } of this.#live) {
      ledger.until = lasts.get(ledger.stream) ?? 0;
      while (
        (ledger.came.at(-1) ?? 0) < ledger.until &&
        ledger.failure === undefined &&
        performance.now() < end
      ) {
        await sleep(50);
      }
      replay.end();
    }
    await this.#watch.within("end of the replays", LIMIT, Promise.all(this.#loops));
  }

  /** Replays past messages until the run stops. */
  async #again(
    nats: NatsConnection,
    { name, channel }: EntryStream,
    live: ReplayLedger,
    stop: AbortSignal,
  ): Promise<void> {
    while (!stop.aborted) {
      await sleep(200);
      const last = live.came.at(-1) ?? 0;
      const from = Math.max(1, last - LENGTH);
      const ledger = this.#ledger(`replay-${name}`, name, from);
      ledger.until = last;
      const past = replay(nats, channel, {}, { from: { sequence: from }, live: false });
      const done = collect(past, ledger).then(() => true);
      if ((await this.#watch.within("replay", LIMIT, done)) === undefined) {
        ledger.failure ??= `nothing after ${LIMIT} ms`;
        past.end();
      }
    }
  }

  #ledger(name: string, stream: string, from: number): ReplayLedger {
    const ledger = { name, stream, from, came: [], until: 0, failure: undefined };
    this.ledgers.push(ledger);
    return ledger;
  }
}

async function collect(
  messages: Replay<{ readonly sequence: number }>,
  ledger: ReplayLedger,
): Promise<void> {
  try {
    for await (const { sequence } of messages) ledger.came.push(sequence);
  } catch (error) {
    ledger.failure = error;
  }
}
