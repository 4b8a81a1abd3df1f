/**
 * Starts a NATS server with JetStream, a webhook and all programs, shows what they do for some seconds, and
 * compares what was appended with what is stored, what is in the tables, and what people were told.
 *
 *     node dist/demo.js [seconds]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { NatsConnection } from "alternats";
import { startBroker } from "alternats-broker";
import { LiveDisplay } from "./display.js";
import { Program } from "./program.js";
import { rustEvents } from "./sdk/streams.js";
import { agree, summarize, table } from "./summary.js";
import { WebhookReceiver } from "./webhook-receiver.js";

const SECONDS = 6;

/** Timers take no longer time: about 24 days. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

const seconds = Number(process.argv[2] ?? SECONDS);
if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
  console.error(
    `"${process.argv[2]}" is no number of seconds: give one above 0 and up to ${MOST_SECONDS}, for example 6.`,
  );
  process.exit(2);
}

const ending = new AbortController();
process.once("SIGINT", () => ending.abort());
process.once("SIGTERM", () => ending.abort());

await using broker = await startBroker({ jetStream: true });
await using webhook = await WebhookReceiver.start();
console.log(`nats-server on ${broker.url}`);

const own = { NATS_URL: broker.url, WEBHOOK_URL: webhook.url, DATABASE_URL: "" };
const env = { ...process.env, ...own };
const programs: Program[] = [];
async function start(name: string, script: string, ...args: string[]): Promise<Program> {
  const program = new Program(name, new URL(script, import.meta.url), args, env);
  programs.push(program);
  await program.ready;
  return program;
}

try {
  const history = await start("history", "./history.js");
  const notifier = await start("notifier", "./notifier.js");
  const game = await start("game server", "./game-server.js", "eu-1");
  const admin = await start("admin", "./admin.js", "eu-1");

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

  // Who sends goes first, so that who listens gets all of it.
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
    stored: await storedIn(broker.url),
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
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
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

/** How many events the stream holds. */
async function storedIn(url: string): Promise<number> {
  await using nats = new NatsConnection({ servers: url });
  const { state } = await nats.request<{ state: { messages: number } }>(
    `$JS.API.STREAM.INFO.${rustEvents.config.name}`,
  );
  return state.messages;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
