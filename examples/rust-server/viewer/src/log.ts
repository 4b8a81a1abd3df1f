/** The server's part of the event log: what was, what is, and what comes. */
import { ConnectionClosedError, type NatsConnection } from "alternats";
import { type EventOf, lastPerSubject, replayStream } from "alternats/jetstream";
import { Channels } from "../../sdk/index.js";
import { type RustEventsChannels, rustEvents } from "../../sdk/streams.js";

/** One of the events that the log keeps. */
export type RustEvent = EventOf<RustEventsChannels>;

/** The name of a kind of event. */
export type Kind = keyof RustEventsChannels;

/** What an event says, however it was found. */
export type Fact = {
  readonly [N in Kind]: Pick<
    Extract<RustEvent, { channel: N }>,
    "channel" | "message" | "sequence" | "time"
  >;
}[Kind];

const BATCH = 500;
const REST = 2_000; // milliseconds
const FIRST_SPAN = 500; // sequences

/** Resolves after a while. */
export function rest(milliseconds = REST): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * What holds for the server now, however long ago it was told: the latest start, stop and wipe, and the latest
 * coming and going of every player.
 */
export async function latest(nats: NatsConnection, serverId: string): Promise<readonly Fact[]> {
  const options = { stream: rustEvents.config.name };
  const [started, stopped, wiped, connected, disconnected] = await Promise.all([
    lastPerSubject(nats, Channels.serverStarted, { serverId }, options),
    lastPerSubject(nats, Channels.serverStopped, { serverId }, options),
    lastPerSubject(nats, Channels.serverWiped, { serverId }, options),
    lastPerSubject(nats, Channels.playerConnected, { serverId }, options),
    lastPerSubject(nats, Channels.playerDisconnected, { serverId }, options),
  ]);
  return [
    ...facts("serverStarted", started),
    ...facts("serverStopped", stopped),
    ...facts("serverWiped", wiped),
    ...facts("playerConnected", connected),
    ...facts("playerDisconnected", disconnected),
  ];
}

/** What was looked up by its channel does not say which it is. */
function facts(
  channel: Kind,
  events: readonly Pick<Fact, "message" | "sequence" | "time">[],
): readonly Fact[] {
  return events.map(
    ({ message, sequence, time }) => ({ channel, message, sequence, time }) as Fact,
  );
}

/**
 * Gives every event from a time on, in order and once, whatever the connection does, until it is closed for good.
 *
 * @param take Called with some events at a time.
 * @param fail Called with what stands in the way; it is tried again after a while.
 */
export async function follow(
  nats: NatsConnection,
  serverId: string,
  since: Date,
  take: (events: readonly RustEvent[]) => void,
  fail: (error: unknown) => void,
): Promise<void> {
  let last = 0;
  for (;;) {
    try {
      const from = last === 0 ? { time: since } : { sequence: last + 1 };
      const events = replayStream(nats, rustEvents, { from, params: { serverId } });
      for await (const batch of events.batches(BATCH)) {
        last = batch.at(-1)?.sequence ?? last;
        take(batch);
      }
      return;
    } catch (error) {
      if (error instanceof ConnectionClosedError) return;
      fail(error);
      await rest();
    }
  }
}

/** Some of the past. */
export interface Page {
  /** In the log's order. */
  readonly events: readonly RustEvent[];
  /** All that is wanted from this sequence on is known now; 1 when there is nothing before. */
  readonly from: number;
}

/**
 * Reads what was before: in spans that grow while they hold too little, since the log is read forwards.
 *
 * @param before The sequence to go back from.
 * @param wanted Which events count.
 * @param count How many are enough.
 */
export async function readBack(
  nats: NatsConnection,
  serverId: string,
  kinds: readonly Kind[],
  wanted: (event: RustEvent) => boolean,
  before: number,
  count: number,
): Promise<Page> {
  let found: RustEvent[] = [];
  let to = before;
  for (let span = FIRST_SPAN; found.length < count && to > 1; span *= 4) {
    const sequence = Math.max(1, to - span);
    const part: RustEvent[] = [];
    const options = { from: { sequence }, live: false, params: { serverId }, channels: kinds };
    for await (const batch of replayStream(nats, rustEvents, options).batches(BATCH)) {
      for (const event of batch) if (event.sequence < to && wanted(event)) part.push(event);
      if ((batch.at(-1)?.sequence ?? 0) >= to - 1) break;
    }
    found = [...part, ...found];
    to = sequence;
  }
  if (found.length <= count) return { events: found, from: to };
  const events = found.slice(-count);
  return { events, from: events[0]?.sequence ?? to };
}
