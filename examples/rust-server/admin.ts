/**
 * An admin tool: asks for the status of a server, sends it commands, and queues some for when it is
 * up.
 *
 * node dist/admin.js eu-1
 *
 * PAUSE is the pause after each round in milliseconds; default 200.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { NoRespondersError, TimeoutError } from "alternats";
import { connect, findStreams } from "./connection.js";
import { ending, LAST_DRAIN, lastCalls, untilEnding } from "./ending.js";
import { isNatsAway, patiently } from "./patiently.js";
import {
  requestBanPlayer,
  requestRunCommand,
  requestServerInfo,
  subscribeCommandAnswered,
} from "./sdk/index.js";
import { appendCommandQueued } from "./sdk/streams.js";
import { tell, watched } from "./watch.js";

const serverId = process.argv[2] ?? "eu-1";
const pause = Number(process.env.PAUSE ?? 200);
const nats = watched(connect("admin", { requestTimeout: 2_000 }));

async function ban(steam_id: string, reason: string, hours?: number): Promise<void> {
  const ban = { steam_id, reason, ...(hours === undefined ? undefined : { hours }) };
  const reply = await requestBanPlayer(nats, { serverId }, ban);
  if (reply.name === "banned") {
    console.log(`banned ${reply.message.player.name} until ${reply.message.until ?? "the end"}`);
  } else {
    console.log(`nobody is called ${reply.message.steam_id}`);
  }
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { ok, output } = await requestRunCommand(nats, { serverId }, { command, arguments: args });
  console.log(ok ? output : `failed: ${output}`);
}

const waiting = new Set<string>();

/** Queues a command for a server that may be down: the server runs it once, when it is up. */
async function queue(id: string, command: string, ...args: string[]): Promise<void> {
  waiting.add(id);
  const message = { id, command, arguments: args };
  // The stream stores a command once, also if it is queued again.
  const options = { messageId: id, timeout: 30_000, signal: lastCalls };
  await appendCommandQueued(nats, { serverId }, message, options);
}

async function round(): Promise<void> {
  const {
    name,
    online,
    slots,
    players = [],
  } = await requestServerInfo(nats, { serverId }, { players: true });
  console.log(`${name}: ${online} of ${slots} play`);
  await run("say", "hello", "everybody");
  await run("dance");
  await queue(crypto.randomUUID(), "say", "welcome back");
  await ban("76561190000000000", "never seen");
  const [first, second] = players;
  if (first !== undefined) {
    await ban(first.steam_id, "cheating", 1);
    await run("unban", first.steam_id);
  }
  if (second !== undefined) await run("kick", second.steam_id);
}

async function start(): Promise<void> {
  await patiently(() => findStreams(nats));
  await subscribeCommandAnswered(nats, { serverId }, ({ output }, { params }) => {
    if (waiting.delete(params.commandId)) console.log(`${output}, as queued`);
  });
  // This command waits if no server is up yet.
  const greeting = crypto.randomUUID();
  await patiently(() => queue(greeting, "say", "the admin is here"));
  tell({ ready: true });
}

await untilEnding(start);
while (!ending.aborted) {
  try {
    await round();
  } catch (error) {
    if (ending.aborted) break;
    if (error instanceof NoRespondersError) console.log(`${serverId} is not up`);
    else if (error instanceof TimeoutError) console.log(`${serverId} does not answer`);
    else if (isNatsAway(error)) console.log("the broker is away");
    else throw error;
  }
  await sleep(pause, undefined, { signal: ending, ref: false }).catch(() => {});
}
// A server that is up answers quickly.
for (let i = 0; waiting.size > 0 && i < 100; i++) await sleep(10);
await nats.drain(LAST_DRAIN);
