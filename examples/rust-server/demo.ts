/**
 * Starts a NATS server with the users of the document's roles, a webhook, the viewer's page and all
 * programs, each as its own user. Shows their work for some seconds, and compares the appended
 * events with the stream, the tables and the notifications.
 *
 *     node dist/demo.js [seconds]
 *     node dist/demo.js --stay      runs until Ctrl-C, at a speed for people who watch the page
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { NatsConnection } from "alternats";
import { readSeed } from "./connection.js";
import { LiveDisplay } from "./display.js";
import { Program } from "./program.js";
import { rustEvents } from "./sdk/streams.js";
import { startSecuredBroker } from "./secured-broker.js";
import { agree, summarize, table } from "./summary.js";
import { serveViewer } from "./viewer-server.js";
import { WebhookReceiver } from "./webhook-receiver.js";

const SECONDS = 6;

/** Longest time of a timer: about 24 days. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

const [said] = process.argv.slice(2);
const stays = said === "--stay";
const seconds = stays ? MOST_SECONDS : Number(said ?? SECONDS);
if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
  console.error(
    `"${said}" is no number of seconds: give one above 0 and up to ${MOST_SECONDS}, for example 6, or --stay.`,
  );
  process.exit(2);
}

const ending = new AbortController();
process.once("SIGINT", () => ending.abort());
process.once("SIGTERM", () => ending.abort());
const ended = once(ending.signal, "abort");

await using secured = await startSecuredBroker(fileURLToPath(new URL("..", import.meta.url)));
const { broker, websocketUrl: servers, seedOf } = secured;
await using webhook = await WebhookReceiver.start();
const viewer = { servers, serverId: "eu-1", ...readSeed(seedOf("viewer-eu-1")) };
await using page = await serveViewer(new URL("viewer/", import.meta.url), viewer);
console.log(`nats-server on ${broker.url}`);
console.log(`the viewer is on ${page.url}${stays ? "" : " while this runs; --stay goes on"}`);

const programs: Program[] = [];
interface Start {
  readonly script: string;
  /** Name of its user. */
  readonly user: string;
  readonly args?: readonly string[];
  /** Milliseconds between two actions, for people who watch. */
  readonly pause?: number;
}

async function start(name: string, { script, user, args = [], pause }: Start): Promise<Program> {
  ending.signal.throwIfAborted();
  const env = {
    ...process.env,
    NATS_URL: broker.url,
    NATS_SEED: seedOf(user),
    WEBHOOK_URL: webhook.url,
    DATABASE_URL: "",
    ...(stays && pause !== undefined && { PAUSE: String(pause) }),
  };
  const program = new Program(name, new URL(script, import.meta.url), args, env);
  programs.push(program);
  await Promise.race([program.ready, ended]);
  ending.signal.throwIfAborted();
  return program;
}

/** All programs are at work. */
let atWork = false;

try {
  const args = ["eu-1"];
  const history = await start("history", { script: "./history.js", user: "history" });
  const notifier = await start("notifier", { script: "./notifier.js", user: "notifier" });
  const game = await start("game server", {
    script: "./game-server.js",
    user: "eu-1",
    args,
    pause: 600,
  });
  const admin = await start("admin", { script: "./admin.js", user: "admin", args, pause: 15_000 });

  atWork = true;
  const display = new LiveDisplay(programs);
  const failed = Promise.race(
    programs.map(({ name, ended }) =>
      ended.then((code) => {
        throw new Error(`${name} ended by itself, with exit code ${code}`);
      }),
    ),
  );
  const pause = sleep(seconds * 1000, undefined, { signal: ending.signal });
  try {
    await Promise.race([pause.catch(() => {}), failed]);
  } finally {
    ending.abort();
    display.end();
  }

  // Senders stop first, so that receivers get everything.
  const codes = [await admin.stop(), await game.stop()];
  const appended = summarize(programs);
  const told = sum(appended.filter(({ channel }) => isNotified(channel)).map(({ sent }) => sent));
  for (let i = 0; webhook.lines < told && i < 500; i++) await sleep(20);
  const best = await fetch(`${history.url}/leaderboard?limit=1`);
  const [first] = (await best.json()) as { name: string }[];
  codes.push(await notifier.stop(), await history.stop());

  const rows = summarize(programs);
  const events = rows.filter(({ channel }) => channel in rustEvents.channels);
  const count = {
    appended: sum(events.map(({ sent }) => sent)),
    stored: await storedIn(),
    projected: sum(events.map(({ received }) => received)),
  };
  console.log(table(rows, programs));
  console.log(
    `${count.appended} events appended and acknowledged, ${count.stored} stored, ${count.projected} in the tables;`,
  );
  console.log(
    `${told} worth telling, ${webhook.lines} told by ${webhook.posts} posts; ${first?.name} leads.`,
  );
  const ok =
    agree(rows) &&
    count.appended === count.stored &&
    told === webhook.lines &&
    codes.every((code) => code === 0);
  console.log(ok ? "All counts agree." : "The counts do not agree.");
  if (!ok) process.exitCode = 1;
} catch (error) {
  if (atWork || !ending.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  for (const program of programs) program.kill();
}

function isNotified(channel: string): boolean {
  return (
    channel === "commandRan" ||
    /^server(Started|Stopped|Wiped)$/.test(channel) ||
    /^player(Connected|Disconnected|Chatted|Reported|Banned|Unbanned)$/.test(channel)
  );
}

/** Number of events in the stream. */
async function storedIn(): Promise<number> {
  const { seed, inboxPrefix } = readSeed(seedOf("history"));
  const user = { authenticator: { seed }, inboxPrefix };
  await using nats = new NatsConnection({ servers: broker.url, ...user });
  const { state } = await nats.request<{ state: { messages: number } }>(
    `$JS.API.STREAM.INFO.${rustEvents.config.name}`,
  );
  return state.messages;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
