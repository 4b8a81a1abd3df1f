import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "alternats";
import { append, appendBatch } from "alternats/jetstream";
import { AppendLedger } from "./append-ledger.js";
import type { Clients } from "./clients.js";
import { type EntryStream, STREAMS } from "./streams.js";

/** Timeout of each append with an id, in milliseconds. */
export const APPEND_TIMEOUT = 20_000;

/** Appends in flight on one connection. */
const MANY = 32;
/** Milliseconds between two appends of one loop, to leave processor time to the servers. */
const PAUSE = 2;
const PAUSE_OF_MANY = 40;
/** Milliseconds after a rejection. */
const PAUSE_AFTER_REJECTION = 50;
/** Messages that a batch's source yields between two pauses. */
const BURST = 40;

type Appending = (
  nats: NatsConnection,
  stream: EntryStream,
  ledger: AppendLedger,
  stop: AbortSignal,
) => Promise<unknown>;

/** Kinds of appenders; each stream has one of each kind. */
const KINDS: readonly {
  readonly name: string;
  readonly ordered: boolean;
  readonly withId: boolean;
  readonly append: Appending;
}[] = [
  { name: "one", ordered: true, withId: true, append: oneAtATime },
  { name: "many", ordered: false, withId: true, append: manyAtATime },
  { name: "batch", ordered: false, withId: true, append: inBatches(undefined) },
  { name: "batch-of-one", ordered: true, withId: true, append: inBatches(1) },
  { name: "without-id", ordered: false, withId: false, append: oneAtATime },
];

/** Connected appender. */
export interface Appender {
  readonly ledger: AppendLedger;
  run(stop: AbortSignal): Promise<unknown>;
}

/** Connects an appender of each kind for each stream. */
export async function connectAppenders(clients: Clients): Promise<Appender[]> {
  const appenders = STREAMS.flatMap((stream) =>
    KINDS.map(async ({ append, name, ...traits }): Promise<Appender> => {
      const full = `${name}-${stream.name.toLowerCase()}`;
      const ledger = new AppendLedger(full, stream.name, { ...traits, ours: true });
      const nats = await clients.connect(full);
      return { ledger, run: (stop) => append(nats, stream, ledger, stop) };
    }),
  );
  return Promise.all(appenders);
}

async function oneAtATime(...[nats, stream, ledger, stop]: Parameters<Appending>): Promise<void> {
  while (!stop.aborted) await appendNext(nats, stream, ledger, PAUSE);
}

function manyAtATime(
  ...[nats, stream, ledger, stop]: Parameters<Appending>
): ReturnType<Appending> {
  const loop = async () => {
    while (!stop.aborted) await appendNext(nats, stream, ledger, PAUSE_OF_MANY);
  };
  return Promise.all(Array.from({ length: MANY }, loop));
}

async function appendNext(
  nats: NatsConnection,
  { channel }: EntryStream,
  ledger: AppendLedger,
  pause: number,
): Promise<void> {
  const n = ledger.next();
  const from = performance.now();
  try {
    const { sequence } = await append(
      nats,
      channel,
      { appender: ledger.name },
      { n },
      ledger.traits.withId
        ? { messageId: ledger.idOf(n), timeout: APPEND_TIMEOUT }
        : { messageId: false },
    );
    ledger.acknowledge(n, sequence, from);
    await sleep(pause);
  } catch (error) {
    ledger.reject(n, error, from);
    await sleep(PAUSE_AFTER_REJECTION);
  }
}

function inBatches(inFlight: number | undefined): Appending {
  return async (nats, { channel }, ledger, stop) => {
    const items = async function* () {
      while (!stop.aborted) {
        const n = ledger.next();
        yield {
          params: { appender: ledger.name },
          message: { n },
          messageId: ledger.idOf(n),
          from: performance.now(),
        };
        if (n % BURST === 0) await sleep(PAUSE_OF_MANY);
      }
    };
    const options = { timeout: APPEND_TIMEOUT, ...(inFlight !== undefined && { inFlight }) };
    for await (const { item, appended, error } of appendBatch(nats, channel, items(), options)) {
      const { n } = item.message;
      if (appended === undefined) ledger.reject(n, error, item.from);
      else ledger.acknowledge(n, appended.sequence, item.from);
    }
  };
}
