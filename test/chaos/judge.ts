import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { AppendLedger, Rejection } from "./append-ledger.js";
import type { Entry } from "./streams.js";

/** Message in a stream. */
export interface Stored extends Entry {
  readonly sequence: number;
  readonly appender: string;
}

/** @returns All messages of a stream in order, as the official client reads them. */
export async function readStream(nats: NatsConnection, stream: string): Promise<Stored[]> {
  const manager = await jetstreamManager(nats);
  const { state } = await manager.streams.info(stream);
  const stored: Stored[] = [];
  if (state.messages === 0) return stored;
  const consumer = await jetstream(nats).consumers.get(stream);
  for await (const message of await consumer.consume({ max_messages: 5_000 })) {
    const appender = message.subject.slice(message.subject.lastIndexOf(".") + 1);
    stored.push({ sequence: message.seq, appender, n: message.json<Entry>().n });
    if (message.seq >= state.last_seq) break;
  }
  return stored;
}

/** Differences between an appender's ledger and its stream. */
export interface Judgement {
  /** Numbers that were acknowledged and are not stored. */
  readonly lost: readonly number[];
  /** Numbers that were acknowledged with the sequence of another message. */
  readonly misplaced: readonly number[];
  /** Numbers that are stored more than once. */
  readonly twice: readonly number[];
  /** Numbers that are stored behind a larger one. */
  readonly disordered: readonly number[];
  /** Numbers that were rejected and are stored all the same. */
  readonly rejectedButStored: readonly Rejection[];
}

/** Compares an appender's ledger with its stream. */
export function judge(ledger: AppendLedger, stream: readonly Stored[]): Judgement {
  const places = new Map<number, number[]>();
  const disordered: number[] = [];
  let largest = 0;
  for (const { appender, n, sequence } of stream) {
    if (appender !== ledger.name) continue;
    const found = places.get(n);
    if (found === undefined) places.set(n, [sequence]);
    else found.push(sequence);
    if (n < largest) disordered.push(n);
    else largest = n;
  }
  const acknowledged = [...ledger.acknowledged];
  return {
    lost: acknowledged.filter(([n]) => !places.has(n)).map(([n]) => n),
    misplaced: acknowledged
      .filter(([n, sequence]) => places.has(n) && !places.get(n)!.includes(sequence))
      .map(([n]) => n),
    twice: [...places].filter(([, sequences]) => sequences.length > 1).map(([n]) => n),
    disordered,
    rejectedButStored: ledger.rejected.filter(({ n }) => places.has(n)),
  };
}
