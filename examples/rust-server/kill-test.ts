/**
 * The kill test: while events are appended, the broker, the history and a consumer are killed and started again
 * at random. At the end every acknowledged event must be in the tables exactly once, in order for each player.
 *
 *     node dist/kill-test.js [events] [kills] [--times 10]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { NatsConnection } from "alternats";
import { appendBatch } from "alternats/jetstream";
import { startBroker } from "alternats-broker";
import { openDatabase } from "./database.js";
import { Channels, Keys } from "./sdk/index.js";
import { ensureStreams, rustEvents } from "./sdk/streams.js";
import type { Report } from "./watch.js";
import { roll, World } from "./world.js";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { times: { type: "string", default: "1" } },
});
const EVENTS = counted("events", positionals[0] ?? "100000");
const KILLS = counted("kills", positionals[1] ?? "30");
const TIMES = counted("times", values.times);
const RESTART_PAUSE = 500; // milliseconds
const PATIENCE = 3_000; // tenths of a second that the history may take at the end
const LONGEST_END = 30_000; // milliseconds
const LONGEST_OUTAGE = 300_000; // milliseconds that an event may be tried again

/** A program that is started again whenever it was killed. */
class Restarted {
  readonly #script: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #ready = deferred();
  #process: ChildProcess;
  /** How many hits are in the tables, as the history tells. */
  projected = 0;
  /** How often it was killed. */
  kills = 0;
  /** How often it ended by itself. */
  gaveUp = 0;
  #ending = false;

  constructor(script: string, env: NodeJS.ProcessEnv) {
    this.#script = fileURLToPath(new URL(script, import.meta.url));
    this.#env = env;
    this.#process = this.#start();
  }

  /** Resolves when it is at work for the first time: a database that is only half made cannot be mended. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  #start(): ChildProcess {
    // What they say about lost connections is expected here.
    const child = fork(this.#script, [], {
      env: this.#env,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("message", (report: Report) => {
      if ("counts" in report) this.projected = report.counts.received.playerHit ?? 0;
      if ("ready" in report) this.#ready.resolve();
    });
    // One that gives up by itself is started again, as a supervisor would.
    child.once("exit", () => {
      if (child !== this.#process || this.#ending) return;
      this.gaveUp++;
      setTimeout(() => {
        if (child === this.#process && !this.#ending) this.#process = this.#start();
      }, RESTART_PAUSE);
    });
    return child;
  }

  async kill(): Promise<void> {
    this.kills++;
    await this.#end("SIGKILL");
    this.#ending = false;
    this.#process = this.#start();
  }

  /** Lets it come to its end. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    this.#ending = true;
    const gone = once(child, "exit");
    child.kill(signal);
    // One that was just started may not listen yet.
    const last = setTimeout(() => child.kill("SIGKILL"), LONGEST_END);
    await gone;
    clearTimeout(last);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const { players } = new World();
const keys = players.map(({ steam_id }) =>
  Keys.playerHit.at({ serverId: "eu-1", steamId: steam_id }),
);

/**
 * Hits that tell in `distance` which of the attacker's they are.
 *
 * @param kills How often something was killed so far.
 */
async function* hits(kills: () => number) {
  const at = new Date().toISOString();
  for (let i = 0; i < EVENTS; i++) {
    // As many as fit between two kills, so that there is always something to lose.
    while (i >= ((kills() + 1) * EVENTS) / (KILLS + 1)) await sleep(5);
    const who = i % players.length;
    yield {
      params: keys[who]!,
      messageId: `kill-test-${i}`,
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

/** @returns Whether every acknowledged event is in the tables exactly once, in order. */
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
  const consumer = new Restarted("./notifier.js", env);
  await Promise.all([history.ready, consumer.ready]);

  let kills = 0;
  let acknowledged = 0;
  const failures: unknown[] = [];
  const appending = (async () => {
    const batch = appendBatch(
      nats,
      Channels.playerHit,
      hits(() => kills),
      { timeout: LONGEST_OUTAGE },
    );
    for await (const { error } of batch) {
      if (error === undefined) acknowledged++;
      else failures.push(error);
    }
  })();

  let brokers = 0;
  for (; kills < KILLS; kills++) {
    await sleep(roll(1_000));
    const victim = roll(3);
    if (victim === 1) {
      brokers++;
      await broker.restart("SIGKILL");
    } else await (victim === 2 ? history : consumer).kill();
  }
  await appending;
  if (failures.length > 0) console.error("not appended:", failures[0]);
  console.log(
    `${acknowledged} of ${EVENTS} acknowledged; killed: broker ${brokers}, history ${history.kills}, consumer ${consumer.kills} times; ${history.gaveUp + consumer.gaveUp} gave up by themselves`,
  );

  const { state } = await nats.request<{ state: { messages: number } }>(
    `$JS.API.STREAM.INFO.${rustEvents.config.name}`,
  );
  const stored = state.messages;
  for (let i = 0; history.projected < stored && i < PATIENCE; i++) await sleep(100);
  await consumer.stop();
  await history.stop();
  const database = await openDatabase({ DATA_DIR: folder });
  const { rows } = await database.query<{ killer: string; distance: number }>(
    "SELECT killer, distance FROM kills ORDER BY sequence",
  );
  await database.close();
  const order = new Map<string, number>();
  let wrong = 0;
  for (const { killer, distance } of rows) {
    const expected = order.get(killer) ?? 0;
    if (distance !== expected) wrong++;
    order.set(killer, distance + 1);
  }
  console.log(`${stored} stored, ${rows.length} in the tables, ${wrong} out of order`);
  const ok = acknowledged === EVENTS && stored === EVENTS && rows.length === EVENTS && wrong === 0;
  console.log(ok ? "Every acknowledged event is in the tables exactly once, in order." : "FAILED");
  return ok;
}

let passed = 0;
for (let time = 1; time <= TIMES; time++) {
  if (TIMES > 1) console.log(`${time} of ${TIMES}:`);
  const folder = await mkdtemp(join(tmpdir(), "alternats-kill-test-"));
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
