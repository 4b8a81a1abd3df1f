/**
 * Kill test: appends hits and lines of chat while it kills and restarts the broker, the history and the notifier at
 * random. At the end each acknowledged event must be in the tables exactly once, in order for each player, the sums
 * in the tables must match the appended events, and the notifier must have printed each line of chat.
 *
 *     node dist/kill-test.js [events] [kills] [--times 10]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { NatsConnection } from "alternats";
import { appendBatch } from "alternats/jetstream";
import { startBroker } from "alternats-broker";
import { openDatabase } from "./database.js";
import { Restarted } from "./restarted.js";
import { Channels, Keys, type PlayerChatted } from "./sdk/index.js";
import { ensureStreams, rustEvents } from "./sdk/streams.js";
import { Sums } from "./sums.js";
import { roll, World } from "./world.js";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { times: { type: "string", default: "1" } },
});
const EVENTS = counted("events", positionals[0] ?? "100000");
const KILLS = counted("kills", positionals[1] ?? "30");
const TIMES = counted("times", values.times);
/** Lines of chat; all other events are hits. */
const CHATS = Math.ceil(EVENTS / 10);
const PATIENCE = 3_000; // tenths of a second that the history and the notifier may take at the end
const LONGEST_OUTAGE = 300_000; // milliseconds that an event may be tried again

/** Programs and folder of the running test. */
let programs: readonly Restarted[] = [];
let folder: string | undefined;

const { players } = new World();
const keys = players.map(({ steam_id }) => ({
  hit: Keys.playerHit.at({ serverId: "eu-1", steamId: steam_id }),
  chat: Keys.playerChatted.at({ serverId: "eu-1", steamId: steam_id }),
}));

/**
 * Yields numbers from 0 on, evenly spread over the kills, so that each kill can lose something.
 *
 * @param count Number of all numbers.
 * @param kills Returns the number of kills so far.
 */
async function* paced(count: number, kills: () => number): AsyncGenerator<number, void> {
  for (let i = 0; i < count; i++) {
    while (i >= ((kills() + 1) * count) / (KILLS + 1)) await sleep(5);
    yield i;
  }
}

/** Yields hits with their number within the attacker's hits in `distance`. */
async function* hits(numbers: AsyncIterable<number>) {
  const at = new Date().toISOString();
  for await (const i of numbers) {
    const who = i % players.length;
    yield {
      params: keys[who]!.hit,
      message: {
        at,
        attacker: players[who]!,
        victim: players[(who + 1) % players.length]!,
        weapon: "rifle",
        bone: "head" as const,
        damage: 100,
        distance: Math.floor(i / players.length),
        killed: true,
      },
    };
  }
}

/** Yields lines of chat with their number within the player's lines in `text`. */
async function* chat(numbers: AsyncIterable<number>) {
  const at = new Date().toISOString();
  for await (const i of numbers) {
    const who = i % players.length;
    const message: PlayerChatted = {
      at,
      player: players[who]!,
      text: `${Math.floor(i / players.length)}`,
      audience: "everyone",
    };
    yield { params: keys[who]!.chat, message };
  }
}

/** @returns `true` if all conditions at the head of this file hold. */
async function killTest(folder: string): Promise<boolean> {
  await using broker = await startBroker({ jetStream: true });
  await using nats = new NatsConnection({
    servers: broker.url,
    reconnectWait: 50,
    // Kills are the point here: what is lost in them is sent again.
    onError: () => {},
  });
  await ensureStreams(nats);
  const env = { ...process.env, NATS_URL: broker.url, DATABASE_URL: "", DATA_DIR: folder };
  const history = new Restarted("./history.js", env);
  /** Number of times that the notifier printed each line. */
  const told = new Map<string, number>();
  const notifier = new Restarted("./notifier.js", env, (line) => {
    told.set(line, (told.get(line) ?? 0) + 1);
  });
  programs = [history, notifier];
  await Promise.all([history.ready, notifier.ready]);
  console.log(`appending ${EVENTS} events, with ${KILLS} kills in between`);

  let kills = 0;
  const failures: unknown[] = [];
  const sums = new Sums();
  const progress = () => kills;
  const options = { timeout: LONGEST_OUTAGE };
  const appendHits = async () => {
    const all = hits(paced(EVENTS - CHATS, progress));
    for await (const { item, error } of appendBatch(nats, Channels.playerHit, all, options)) {
      if (error !== undefined) failures.push(error);
      else sums.addHit(item.message);
    }
  };
  const appendChat = async () => {
    const all = chat(paced(CHATS, progress));
    for await (const { error } of appendBatch(nats, Channels.playerChatted, all, options)) {
      if (error !== undefined) failures.push(error);
      else sums.addChat();
    }
  };
  const appending = Promise.all([appendHits(), appendChat()]);

  let brokers = 0;
  for (; kills < KILLS; kills++) {
    await sleep(roll(1_000));
    const victim = roll(3);
    if (victim === 1) {
      brokers++;
      await broker.restart("SIGKILL");
    } else await (victim === 2 ? history : notifier).kill();
  }
  await appending;
  const acknowledged = sums.events;
  if (failures.length > 0) console.error("not appended:", failures[0]);
  console.log(
    `${acknowledged} of ${EVENTS} acknowledged; killed: broker ${brokers}, history ${history.kills}, notifier ${notifier.kills} times; ${history.gaveUp + notifier.gaveUp} gave up by themselves`,
  );

  const { state } = await nats.request<{ state: { messages: number } }>(
    `$JS.API.STREAM.INFO.${rustEvents.config.name}`,
  );
  const stored = state.messages;
  const settled = () => history.received >= stored && told.size >= CHATS;
  for (let i = 0; !settled() && i < PATIENCE; i++) await sleep(100);
  await notifier.stop();
  await history.stop();
  const database = await openDatabase({ DATA_DIR: folder });
  const { rows } = await database.query<{ channel: string; who: string; place: string | number }>(
    `SELECT 'hit' AS channel, killer AS who, distance AS place, sequence FROM kills
       UNION ALL SELECT 'chat', steam_id, text::double precision, sequence FROM chat
       ORDER BY sequence`,
  );
  const differences = await sums.differences(database);
  await database.close();
  const order = new Map<string, number>();
  let wrong = 0;
  for (const { channel, who, place } of rows) {
    const expected = order.get(channel + who) ?? 0;
    if (Number(place) !== expected) wrong++;
    order.set(channel + who, expected + 1);
  }
  const untold = Array.from({ length: CHATS }, (_, i) => {
    const { name } = players[i % players.length]!;
    return `[eu-1] ${name}: ${Math.floor(i / players.length)}`;
  }).filter((line) => !told.has(line));
  const again = [...told.values()].filter((times) => times > 1).length;
  console.log(`${stored} stored, ${rows.length} in the tables, ${wrong} out of order`);
  console.log(`${CHATS - untold.length} of ${CHATS} lines printed, ${again} more than once`);
  for (const difference of differences) console.error(difference);
  const ok =
    [acknowledged, stored, rows.length].every((count) => count === EVENTS) &&
    wrong + differences.length + untold.length === 0;
  console.log(
    ok
      ? "Each acknowledged event is in the tables exactly once and in order, the sums match, and each line was printed."
      : "FAILED",
  );
  return ok;
}

/** Ends the test. The broker ends with this process. */
async function end(): Promise<void> {
  await Promise.all(programs.map((program) => program.stop("SIGKILL")));
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  process.exit();
}

process.once("SIGINT", () => void end());
process.once("SIGTERM", () => void end());

let passed = 0;
for (let time = 1; time <= TIMES; time++) {
  if (TIMES > 1) console.log(`${time} of ${TIMES}:`);
  folder = await mkdtemp(join(tmpdir(), "alternats-kill-test-"));
  try {
    if (await killTest(join(folder, "tables"))) passed++;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
if (TIMES > 1) console.log(`${passed} of ${TIMES} passed.`);
if (passed < TIMES) process.exitCode = 1;

/** Reads a number from the command line. */
function counted(what: string, text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  console.error(`"${text}" is no number of ${what}: give a whole number above 0.`);
  process.exit(2);
}
