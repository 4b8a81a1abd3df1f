/**
 * An admin at work: looks how a server is doing, and sends it commands.
 *
 *     node dist/admin.js eu-1
 */
import { setTimeout as sleep } from "node:timers/promises";
import { NatsConnection, NoRespondersError, TimeoutError } from "alternats";
import { requestBanPlayer, requestRunCommand, requestServerInfo } from "./sdk/index.js";
import { stopped, tell, watched } from "./watch.js";

const serverId = process.argv[2] ?? "eu-1";
const nats = watched(
  new NatsConnection({
    servers: process.env.NATS_URL ?? "nats://localhost:4222",
    name: "admin",
    requestTimeout: 2_000,
  }),
);

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
  await ban("76561190000000000", "never seen");
  const [first, second] = players;
  if (first !== undefined) {
    await ban(first.steam_id, "cheating", 1);
    await run("unban", first.steam_id);
  }
  if (second !== undefined) await run("kick", second.steam_id);
}

let working = true;
void stopped().then(() => {
  working = false;
});
tell({ ready: true });
while (working) {
  try {
    await round();
  } catch (error) {
    if (error instanceof NoRespondersError) console.log(`${serverId} is not up`);
    else if (error instanceof TimeoutError) console.log(`${serverId} does not answer`);
    else throw error;
  }
  await sleep(200);
}
await nats.close();
