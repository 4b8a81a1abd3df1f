/** The server's part of the event log: past, current and future events. */
import { ConnectionClosedError, type NatsConnection } from "alternats";
import { type EventOf, lastPerSubject, replayStream } from "alternats/jetstream";
import { Channels } from "../../sdk/index.js";
import { type RustEventsChannels, rustEvents } from "../../sdk/streams.js";

/** An event of the log. */
export type RustEvent = EventOf<RustEventsChannels>;

/** The name of a kind of event. */
export type Kind = keyof RustEventsChannels;

/** Content of an event, without its place in the log. */
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
 * Current facts about the server, of any age: the latest start, stop and wipe, and the latest
 * arrival and departure of every player.
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

/** Adds the kind to messages that were looked up by their channel. */
function facts(
  channel: Kind,
  events: readonly Pick<Fact, "message" | "sequence" | "time">[],
): readonly Fact[] {
  return events.map(
    ({ message, sequence, time }) => ({ channel, message, sequence, time }) as Fact,
  );
}

/**
 * Delivers every event from a time on, in order and once, across lost connections, until the
 * connection is closed.
 *
 * @param take Called with several events at a time.
 * @param fail Called with each problem; the function tries again after a while.
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

/** A part of the past. */
export interface Page {
  /** Events in the order of the log. */
  readonly events: readonly RustEvent[];
  /** Sequence from which all requested events are known; 1 if there are no earlier ones. */
  readonly from: number;
}

/**
 * Reads earlier events. The log is read forwards, so it reads spans that grow until they contain
 * enough events.
 *
 * @param before Sequence to go back from.
 * @param wanted Selects events.
 * @param count Number of events that are enough.
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
