/**
 * The history: writes every event of the log into tables of a PostgreSQL, each exactly once, and
 * serves them over HTTP.
 *
 *     node dist/history.js            continues after the last event in the tables
 *     node dist/history.js rebuild    empties the tables, fills them from the first event, and ends
 *
 * DATABASE_URL is the database (`postgresql://user@host/name`). Without it, an embedded one is used
 * in the folder DATA_DIR, or in memory. PORT is the port of the API; any free one by default.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { replayStream } from "alternats/jetstream";
import { serve } from "./api.js";
import { connect, findStreams } from "./connection.js";
import { isAway, isUnfit, openDatabase } from "./database.js";
import { ended, ending, LAST_DRAIN, untilEnding } from "./ending.js";
import { patiently } from "./patiently.js";
import {
  counts,
  createTables,
  forget,
  position,
  project,
  projectEach,
  type RustEvent,
} from "./projection.js";
import { rustEvents } from "./sdk/streams.js";
import { tell } from "./watch.js";

const REBUILD = process.argv[2] === "rebuild";
const STREAM = rustEvents.config.name;
const TELL_EVERY = 250; // milliseconds

const nats = connect("history");
const database = await openDatabase(process.env);

let at = 0;
/** Ends the reading of the log. */
const done = new AbortController();

/** Follows the log. After a failure it continues after the last event in the tables. */
async function follow(live: boolean): Promise<void> {
  while (!done.signal.aborted) {
    try {
      at = await position(database, STREAM);
      const replay = replayStream(nats, rustEvents, {
        from: at === 0 ? "first" : { sequence: at + 1 },
        live,
        heartbeat: 500,
        signal: done.signal,
        // Unreadable events, and events that the log no longer has.
        onError: ({ message }) => console.error(message),
      });
      for await (const events of replay.batches(1_000)) {
        await bring(events);
        at = events.at(-1)?.sequence ?? at;
        if (!live) showProgress(events.at(-1)?.pending ?? 0);
      }
      return;
    } catch (error) {
      if (done.signal.aborted) return;
      console.error(
        `The history rests for a second: ${error instanceof Error ? error.message : error}`,
      );
      await sleep(1_000, undefined, { signal: ending }).catch(() => {});
    }
  }
}

/** Writes a batch into the tables, except events that do not fit. */
async function bring(events: readonly RustEvent[]): Promise<void> {
  try {
    await project(database, STREAM, at, events);
  } catch (error) {
    if (!isUnfit(error)) throw error;
    await projectEach(database, STREAM, at, events, ({ sequence, subject }, cause) =>
      console.error(`Event ${sequence} on ${subject} is passed over: ${cause}`),
    );
  }
}

let highest = 0;
function showProgress(pending: number): void {
  highest = Math.max(highest, at);
  const part = highest / (highest + pending);
  const bar = "█".repeat(Math.round(part * 40)).padEnd(40, "░");
  const line = `${bar} ${(part * 100).toFixed(0)} %, event ${at.toLocaleString("en")}`;
  process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`);
}

async function rebuild(): Promise<void> {
  void ended.then(() => done.abort());
  await untilEnding(() => patiently(() => forget(database), isAway));
  await follow(false);
  if (ending.aborted) return console.error("\nThe tables are not complete: run the rebuild again.");
  const all = Object.values(await counts(database)).reduce((sum, count) => sum + count, 0);
  console.log(`\n${all.toLocaleString("en")} events are in the tables.`);
}

async function run(): Promise<void> {
  const api = await serve(database, Number(process.env.PORT ?? 0));
  console.log(`the history is served on ${api.url}`);
  const following = follow(true);
  const nothing = { sent: {}, received: {}, asked: {}, answered: {}, replied: {}, notified: {} };
  const report = async (): Promise<void> => {
    const received = await counts(database);
    tell({ counts: { ...nothing, received } });
    const best = await database.query<{ name: string; points: number }>(
      "SELECT name, points FROM leaderboard JOIN players USING (steam_id) ORDER BY points DESC",
    );
    tell({ scores: Object.fromEntries(best.rows.map(({ name, points }) => [name, points])) });
  };
  const timer = setInterval(() => void report().catch(() => {}), TELL_EVERY);
  tell({ ready: true, url: api.url });
  await ended;
  await caughtUp();
  done.abort();
  await following;
  clearInterval(timer);
  await report().catch(() => {});
  await api.close();
}

await untilEnding(async () => {
  await patiently(() => createTables(database), isAway);
  await patiently(() => findStreams(nats));
});
if (!ending.aborted) await (REBUILD ? rebuild() : run());
await nats.drain(LAST_DRAIN);
await database.close();
if (process.connected) process.disconnect();

/** Resolves when all current events of the log are in the tables, or after a time limit. */
async function caughtUp(): Promise<void> {
  try {
    const { state } = await nats.request<{ state: { last_seq: number } }>(
      `$JS.API.STREAM.INFO.${STREAM}`,
      undefined,
      { timeout: 1_000 },
    );
    for (let i = 0; at < state.last_seq && i < 200; i++) await sleep(10);
  } catch {
    // The server has ended; the tables continue at the next start.
  }
}
