import { NatsConnection } from "alternats";
import { appendBatch } from "alternats/jetstream";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Channels, Keys } from "../../examples/rust-server/sdk/index.ts";
import { type Broker, startBroker } from "../support/broker.js";
import { Postgres } from "../support/postgres.js";
import { lacks } from "../support/requirements.js";
import { Run } from "./run.js";

const PLAYERS = 5;
const players = Array.from({ length: PLAYERS }, (_, i) => ({
  steam_id: `7656119800000004${i}`,
  name: `Player ${i}`,
}));

describe.skipIf(lacks("postgres"))("the history in a PostgreSQL database given by URL", () => {
  let broker: Broker;
  let postgres: Postgres;
  let nats: NatsConnection;

  beforeEach(async () => {
    [broker, postgres] = await Promise.all([startBroker({ jetStream: true }), Postgres.start()]);
    nats = new NatsConnection({ servers: broker.url, reconnectWait: 20, onError: () => {} });
  });

  afterEach(async () => {
    await nats.close();
    await broker[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  /** The environment of a history that fills the tables of the server. */
  const env = () => ({ NATS_URL: broker.url, DATABASE_URL: postgres.url });

  /** Appends hits that tell in `distance` which of the attacker's they are. @returns The number of acknowledged ones. */
  async function appendHits(from: number, to: number): Promise<number> {
    const hits = Array.from({ length: to - from }, (_, i) => {
      const n = from + i;
      const attacker = players[n % PLAYERS]!;
      const victim = players[(n + 1) % PLAYERS]!;
      return {
        params: Keys.playerHit.at({ serverId: "eu-1", steamId: attacker.steam_id }),
        messageId: `hit-${n}`,
        message: {
          at: "2024-05-01T18:30:00.000Z",
          ...{ attacker, victim, weapon: "bow", bone: "head" as const },
          ...{ damage: 100, distance: Math.floor(n / PLAYERS), killed: true },
        },
      };
    });
    let acknowledged = 0;
    const options = { timeout: 30_000 };
    for await (const { error } of appendBatch(nats, Channels.playerHit, hits, options)) {
      expect(error).toBeUndefined();
      acknowledged++;
    }
    return acknowledged;
  }

  async function query<R extends pg.QueryResultRow>(sql: string): Promise<R[]> {
    const client = new pg.Client(postgres.url);
    await client.connect();
    try {
      return (await client.query<R>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Number of hits in the tables, counted and listed. */
  async function projected() {
    const [row] = await query(
      `SELECT (SELECT count::int FROM events WHERE channel = 'playerHit') AS counted,
                (SELECT count(*)::int FROM kills) AS listed,
                (SELECT sum(kills)::int FROM leaderboard) AS led,
                (SELECT sequence::int FROM progress) AS sequence`,
    );
    return row;
  }

  /** Expects each hit to be in the tables once, and those of a player in order. */
  async function expectAll(count: number): Promise<void> {
    await expect
      .poll(projected, { timeout: 30_000 })
      .toEqual({ counted: count, listed: count, led: count, sequence: count });
    const rows = await query<{ killer: string; distance: number }>(
      "SELECT killer, distance FROM kills ORDER BY sequence",
    );
    for (const { steam_id } of players) {
      const distances = rows.filter(({ killer }) => killer === steam_id);
      expect(distances.map(({ distance }) => distance)).toEqual(distances.map((_, i) => i));
    }
  }

  it("loses nothing and counts nothing twice while the database is down and the history is killed", async () => {
    const history = new Run("history.js", [], env());
    await history.prints("the history is served on ");
    let acknowledged = await appendHits(0, 500);
    await expectAll(500);
    const more = appendHits(500, 3_000);
    await postgres.kill();
    acknowledged += await more;
    await history.prints("The history rests for a second");
    const [, url] = /served on (\S+)/.exec(history.output)!;
    expect((await fetch(`${url}/leaderboard`)).status).toBe(500);
    await postgres.start();
    acknowledged += await appendHits(3_000, 3_100);
    // Wherever it is just then.
    const listed = async () => (await projected())?.listed;
    await expect.poll(listed, { timeout: 30_000, interval: 5 }).toBeGreaterThan(500);
    history.process.kill("SIGKILL");
    await history.ended;
    const next = new Run("history.js", [], env());
    expect(acknowledged).toBe(3_100);
    await expectAll(3_100);
    next.process.kill("SIGTERM");
    expect(await next.ended).toBe(0);

    const rebuild = new Run("history.js", ["rebuild"], env());
    expect(await rebuild.ended).toBe(0);
    expect(rebuild.output).toContain("3,100 events are in the tables.");
    await expectAll(3_100);
  }, 60_000);

  it("counts each event once if two histories fill the same tables", async () => {
    const histories = [1, 2].map(() => new Run("history.js", [], env()));
    for (const history of histories) await history.prints("the history is served on ");
    for (let n = 0; n < 400; n += 20) await appendHits(n, n + 20);
    await expectAll(400);
    for (const { process } of histories) process.kill("SIGTERM");
    expect(await Promise.all(histories.map(({ ended }) => ended))).toEqual([0, 0]);
  }, 60_000);

  it("waits for a database that is not up yet, but not for one that rejects the login", async () => {
    await postgres.kill();
    const early = new Run("history.js", [], env());
    await early.prints("Waiting: ");
    await postgres.start();
    await early.prints("the history is served on ");
    const refused = new Run("history.js", [], {
      ...env(),
      DATABASE_URL: postgres.url.replace("user=game", "user=nobody-known"),
    });
    expect(await refused.ended).toBe(1);
    expect(refused.output).toContain('role "nobody-known" does not exist');
  }, 60_000);
});
