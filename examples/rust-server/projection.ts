/** The projection of the log: tables, and their position in the log. */
import type { EventOf } from "alternats/jetstream";
import { type Database, isUnfit, type Queries } from "./database.js";
import type { Player } from "./sdk/index.js";
import type { RustEventsChannels } from "./sdk/streams.js";

/** An event of the stream. */
export type RustEvent = EventOf<RustEventsChannels>;

// One history at a time: PostgreSQL fails to create a table that another process is creating.
const TABLES = `
  SELECT pg_advisory_xact_lock(20240501);
  CREATE TABLE IF NOT EXISTS progress (stream text PRIMARY KEY, sequence bigint NOT NULL);
  CREATE TABLE IF NOT EXISTS events (channel text PRIMARY KEY, count bigint NOT NULL);
  CREATE TABLE IF NOT EXISTS players (
    steam_id text PRIMARY KEY, name text NOT NULL, first_seen timestamptz NOT NULL, last_seen timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS sessions (
    sequence bigint PRIMARY KEY, server_id text NOT NULL, steam_id text NOT NULL, country text NOT NULL,
    joined timestamptz NOT NULL, gone timestamptz, reason text);
  CREATE INDEX IF NOT EXISTS sessions_of_player ON sessions (server_id, steam_id, sequence);
  CREATE TABLE IF NOT EXISTS kills (
    sequence bigint PRIMARY KEY, server_id text NOT NULL, killer text NOT NULL, victim text NOT NULL,
    weapon text NOT NULL, distance double precision NOT NULL, at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS chat (
    sequence bigint PRIMARY KEY, server_id text NOT NULL, steam_id text NOT NULL, text text NOT NULL, at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS wipes (
    sequence bigint PRIMARY KEY, server_id text NOT NULL, seed bigint NOT NULL, at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS leaderboard (
    steam_id text PRIMARY KEY, points double precision NOT NULL, kills bigint NOT NULL, deaths bigint NOT NULL);
`;

/** All tables, in the order of their definitions. */
export const tables = [
  "progress",
  "events",
  "players",
  "sessions",
  "kills",
  "chat",
  "wipes",
  "leaderboard",
];

/** Creates the tables if they do not exist. */
export async function createTables(database: Database): Promise<void> {
  await database.run(TABLES);
}

/** Empties all tables, to fill them again from the first event. */
export async function forget(database: Database): Promise<void> {
  await database.run(`TRUNCATE ${tables.join(", ")}`);
}

/** @returns The sequence of the last event in the tables; 0 for none. */
export async function position(database: Queries, stream: string): Promise<number> {
  const { rows } = await database.query<{ sequence: number | string }>(
    "SELECT sequence FROM progress WHERE stream = $1",
    [stream],
  );
  return Number(rows[0]?.sequence ?? 0);
}

/** @returns Number of events of each channel in the tables. */
export async function counts(database: Queries): Promise<Record<string, number>> {
  const { rows } = await database.query<{ channel: string; count: number | string }>(
    "SELECT * FROM events",
  );
  return Object.fromEntries(rows.map(({ channel, count }) => [channel, Number(count)]));
}

/** Another history writes to the same tables. */
export class NotAloneError extends Error {}

/**
 * Writes events into the tables, all or none. The same transaction stores the position, so each
 * event counts once, whatever crashes.
 *
 * @param after The current position of the tables.
 * @param events The next events, in order.
 * @param to The new position of the tables.
 */
export async function project(
  database: Database,
  stream: string,
  after: number,
  events: readonly RustEvent[],
  to = events.at(-1)?.sequence ?? after,
): Promise<void> {
  const rows = collect(events);
  await database.transaction(async (transaction) => {
    const { changed } =
      after === 0
        ? await transaction.query("INSERT INTO progress VALUES ($1, $2) ON CONFLICT DO NOTHING", [
            stream,
            to,
          ])
        : await transaction.query(
            "UPDATE progress SET sequence = $2 WHERE stream = $1 AND sequence = $3",
            [stream, to, after],
          );
    if (changed !== 1) throw new NotAloneError(`The tables are not at ${after} any more.`);
    await insert(transaction, rows);
  });
}

/**
 * Writes events into the tables one by one, if they cannot be written together. Skips events that
 * do not fit, so that they do not block later events.
 *
 * @param passed Called with each skipped event.
 */
export async function projectEach(
  database: Database,
  stream: string,
  after: number,
  events: readonly RustEvent[],
  passed: (event: RustEvent, error: unknown) => void,
): Promise<void> {
  let at = after;
  for (const event of events) {
    const { sequence } = event;
    try {
      await project(database, stream, at, [event]);
    } catch (error) {
      if (!isUnfit(error)) throw error;
      passed(event, error);
      await project(database, stream, at, [], sequence);
    }
    at = sequence;
  }
}

/** Rows that a batch adds to each table. */
interface Rows {
  readonly events: Map<string, number>;
  readonly players: Map<string, { name: string; first: string; last: string }>;
  readonly joined: object[];
  readonly gone: object[];
  readonly kills: object[];
  readonly chat: object[];
  readonly wipes: object[];
  readonly scores: Map<string, { points: number; kills: number; deaths: number }>;
}

function collect(events: readonly RustEvent[]): Rows {
  const rows: Rows = {
    events: new Map(),
    players: new Map(),
    joined: [],
    gone: [],
    kills: [],
    chat: [],
    wipes: [],
    scores: new Map(),
  };
  const seen = ({ steam_id, name }: Player, at: string): void => {
    const first = rows.players.get(steam_id)?.first ?? at;
    rows.players.set(steam_id, { name, first, last: at });
  };
  const score = ({ steam_id }: Player, points: number, kills = 0, deaths = 0): void => {
    const own = rows.scores.get(steam_id) ?? { points: 0, kills: 0, deaths: 0 };
    own.points += points;
    own.kills += kills;
    own.deaths += deaths;
    rows.scores.set(steam_id, own);
  };
  for (const event of events) {
    const { channel, sequence } = event;
    const { at } = event.message;
    const server_id = event.params.serverId;
    rows.events.set(channel, (rows.events.get(channel) ?? 0) + 1);
    if ("player" in event.message) seen(event.message.player, at);
    switch (event.channel) {
      case "playerConnected": {
        const { player, country } = event.message;
        rows.joined.push({ sequence, server_id, steam_id: player.steam_id, country, at });
        break;
      }
      case "playerDisconnected": {
        const { player, reason } = event.message;
        rows.gone.push({ sequence, server_id, steam_id: player.steam_id, reason, at });
        break;
      }
      case "playerHit": {
        const { attacker, victim, weapon, distance, damage, killed } = event.message;
        seen(attacker, at);
        score(attacker, damage / 10 + (killed ? 100 : 0), killed ? 1 : 0);
        if (!killed) break;
        score(victim, -20, 0, 1);
        const both = { killer: attacker.steam_id, victim: victim.steam_id };
        rows.kills.push({ sequence, server_id, ...both, weapon, distance, at });
        break;
      }
      case "playerChatted": {
        const { player, text } = event.message;
        rows.chat.push({ sequence, server_id, steam_id: player.steam_id, text, at });
        break;
      }
      case "serverWiped":
        rows.wipes.push({ sequence, server_id, seed: event.message.seed, at });
        break;
      case "resourceGathered":
        score(event.message.player, event.message.amount / 10);
        break;
      case "itemPickedUp":
        score(event.message.player, 1);
        break;
      case "itemLooted":
        score(event.message.player, event.message.amount);
        break;
      case "itemCrafted":
        score(event.message.player, 5 * event.message.amount);
        break;
    }
  }
  return rows;
}

async function insert(transaction: Queries, rows: Rows): Promise<void> {
  const each = async (sql: string, of: readonly object[]): Promise<void> => {
    if (of.length > 0) await transaction.query(sql, [JSON.stringify(of)]);
  };
  await each(
    `INSERT INTO events SELECT * FROM json_to_recordset($1) AS n(channel text, count bigint)
     ON CONFLICT (channel) DO UPDATE SET count = events.count + excluded.count`,
    [...rows.events].map(([channel, count]) => ({ channel, count })),
  );
  await each(
    `INSERT INTO players SELECT * FROM json_to_recordset($1)
       AS n(steam_id text, name text, first timestamptz, last timestamptz)
     ON CONFLICT (steam_id) DO UPDATE SET name = excluded.name, last_seen = excluded.last_seen`,
    [...rows.players].map(([steam_id, player]) => ({ steam_id, ...player })),
  );
  await each(
    `INSERT INTO sessions SELECT sequence, server_id, steam_id, country, at
       FROM json_to_recordset($1)
         AS n(sequence bigint, server_id text, steam_id text, country text, at timestamptz)`,
    rows.joined,
  );
  await each(
    `UPDATE sessions SET gone = n.at, reason = n.reason
       FROM json_to_recordset($1)
         AS n(sequence bigint, server_id text, steam_id text, reason text, at timestamptz)
      WHERE sessions.sequence = (SELECT max(s.sequence) FROM sessions s
        WHERE s.server_id = n.server_id AND s.steam_id = n.steam_id AND s.sequence < n.sequence)`,
    rows.gone,
  );
  await each(
    `INSERT INTO kills SELECT * FROM json_to_recordset($1)
       AS n(sequence bigint, server_id text, killer text, victim text, weapon text,
            distance double precision, at timestamptz)`,
    rows.kills,
  );
  await each(
    `INSERT INTO chat SELECT * FROM json_to_recordset($1)
       AS n(sequence bigint, server_id text, steam_id text, text text, at timestamptz)`,
    rows.chat,
  );
  await each(
    `INSERT INTO wipes SELECT * FROM json_to_recordset($1)
       AS n(sequence bigint, server_id text, seed bigint, at timestamptz)`,
    rows.wipes,
  );
  await each(
    `INSERT INTO leaderboard SELECT * FROM json_to_recordset($1)
       AS n(steam_id text, points double precision, kills bigint, deaths bigint)
     ON CONFLICT (steam_id) DO UPDATE SET points = leaderboard.points + excluded.points,
       kills = leaderboard.kills + excluded.kills, deaths = leaderboard.deaths + excluded.deaths`,
    [...rows.scores].map(([steam_id, own]) => ({ steam_id, ...own })),
  );
}
