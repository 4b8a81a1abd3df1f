/**
 * A game server: publishes what happens on it, and answers commands.
 *
 *     node dist/game-server.js eu-1
 */
import { setTimeout as sleep } from "node:timers/promises";
import { NatsConnection } from "alternats";
import {
  Channels,
  Keys,
  type Player,
  type PlayerDisconnected,
  publishCommandRan,
  publishItemCrafted,
  publishItemLooted,
  publishItemPickedUp,
  publishPlayerBanned,
  publishPlayerChatted,
  publishPlayerConnected,
  publishPlayerDisconnected,
  publishPlayerReported,
  publishPlayerRespawned,
  publishPlayerUnbanned,
  publishResourceGathered,
  publishServerStarted,
  publishServerStopped,
  publishServerWiped,
  respondBanPlayer,
  respondRunCommand,
  respondServerInfo,
} from "./sdk/index.js";
import { stopped, tell, watched } from "./watch.js";
import { pick, roll, somewhere, World } from "./world.js";

const serverId = process.argv[2] ?? "eu-1";
const name = `Rust ${serverId}`;
const slots = 100;
const started = Date.now();
const world = new World();

const nats = watched(
  new NatsConnection({
    servers: process.env.NATS_URL ?? "nats://localhost:4222",
    name: `game server ${serverId}`,
  }),
);

const now = () => new Date().toISOString();
const uptime = () => (Date.now() - started) / 1000;
const of = (player: Player) => ({ serverId, steamId: player.steam_id });

// Combat is most of the traffic: its keys are made once for each player and used for every hit.
const hitKeys = new Map(world.players.map((player) => [player, Keys.playerHit.at(of(player))]));

/** What players do all the time. */
const activities: readonly ((player: Player) => void | Promise<void>)[] = [
  async (attacker) => {
    const victim = world.somebody();
    const key = hitKeys.get(attacker);
    if (victim === undefined || victim === attacker || key === undefined) return;
    const killed = roll(4) === 1;
    Channels.playerHit.post(nats, key, {
      at: now(),
      attacker,
      victim,
      weapon: pick(["rock", "bow", "revolver", "rifle"]) ?? "rock",
      bone: pick(["head", "chest", "arm", "leg"] as const) ?? "chest",
      damage: roll(100),
      distance: roll(250),
      killed,
    });
    if (!killed) return;
    const position = somewhere();
    await publishPlayerRespawned(nats, of(victim), { at: now(), player: victim, position });
  },
  (player) => {
    const item_id = pick(["wood", "stones", "metal-ore", "sulfur-ore"]) ?? "wood";
    return publishResourceGathered(
      nats,
      { ...of(player), itemId: item_id },
      { at: now(), player, item_id, amount: roll(50), tool: "hatchet", position: somewhere() },
    );
  },
  (player) => {
    const item_id = pick(["rope", "mushroom", "torch"]) ?? "rope";
    const item = { at: now(), player, item_id, amount: 1 };
    return publishItemPickedUp(nats, { ...of(player), itemId: item_id }, item);
  },
  (player) => {
    const item_id = pick(["scrap", "gears", "cloth"]) ?? "scrap";
    return publishItemLooted(
      nats,
      { ...of(player), itemId: item_id },
      { at: now(), player, item_id, amount: roll(10), container: "barrel", position: somewhere() },
    );
  },
  (player) => {
    const item_id = pick(["bandage", "arrow", "wall"]) ?? "arrow";
    const item = { at: now(), player, item_id, amount: roll(5) };
    return publishItemCrafted(nats, { ...of(player), itemId: item_id }, item);
  },
  (player) => {
    const text = pick(["who shot me?", "selling scrap", "wipe when?", "gg"]) ?? "gg";
    return publishPlayerChatted(nats, of(player), {
      at: now(),
      player,
      text,
      audience: "everyone",
    });
  },
  async (reporter) => {
    const reported = world.somebody();
    if (reported === undefined || reported === reporter || roll(10) > 1) return;
    const report = { at: now(), reporter, reported, subject: "cheating", text: "shoots too well" };
    await publishPlayerReported(nats, of(reporter), { ...report, subject: "cheating" });
  },
];

async function join(player: Player): Promise<void> {
  world.online.set(player, Date.now());
  await publishPlayerConnected(nats, of(player), { at: now(), player, country: "DK" });
}

async function leave(player: Player, reason: PlayerDisconnected["reason"]): Promise<void> {
  const played = world.played(player);
  world.online.delete(player);
  await publishPlayerDisconnected(nats, of(player), { at: now(), player, reason, played });
}

/** The console: what a command does, and what it prints. */
const commands: Readonly<Record<string, (args: readonly string[]) => Promise<string>>> = {
  say: async (args) => `said "${args.join(" ")}"`,
  async kick([steamId = ""]) {
    const player = world.find(steamId);
    if (player === undefined || !world.online.has(player)) return "nobody to kick";
    await leave(player, "kicked");
    return `kicked ${player.name}`;
  },
  async unban([steamId = ""]) {
    const player = world.find(steamId);
    if (player === undefined || !world.banned.delete(player)) return "nobody to unban";
    await publishPlayerUnbanned(nats, of(player), { at: now(), player });
    return `unbanned ${player.name}`;
  },
};

await respondBanPlayer(nats, { serverId }, async ({ steam_id, reason, hours }) => {
  const player = world.find(steam_id);
  if (player === undefined) return { name: "unknownPlayer", message: { steam_id } };
  const until = hours === undefined ? null : new Date(Date.now() + hours * 3_600_000).toISOString();
  world.banned.add(player);
  if (world.online.has(player)) await leave(player, "banned");
  await publishPlayerBanned(nats, of(player), { at: now(), player, reason, until });
  return { name: "banned", message: { player, until } };
});

await respondRunCommand(nats, { serverId }, async ({ command, arguments: args = [] }) => {
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (run === undefined) return { ok: false, output: `unknown command "${command}"` };
  const output = await run(args);
  await publishCommandRan(nats, { serverId }, { at: now(), command, arguments: args, by: null });
  return { ok: true, output };
});

await respondServerInfo(nats, { serverId }, ({ players }) => ({
  name,
  slots,
  online: world.online.size,
  uptime: uptime(),
  ...(players ? { players: [...world.online.keys()] } : undefined),
}));

await publishServerStarted(nats, { serverId }, { at: now(), name, slots });
await publishServerWiped(nats, { serverId }, { at: now(), seed: roll(2 ** 31), blueprints: false });
await nats.flush();
console.log(`${name} is up`);
tell({ ready: true });

const stop = stopped();
let running = true;
void stop.then(() => {
  running = false;
});
while (running) {
  const newcomer = roll(40) === 1 || world.online.size < 4 ? world.absent() : undefined;
  if (newcomer !== undefined) await join(newcomer);
  for (let i = 0; i < 10; i++) {
    const player = world.somebody();
    if (player !== undefined) await pick(activities)?.(player);
  }
  const leaver = roll(60) === 1 ? world.somebody() : undefined;
  if (leaver !== undefined) await leave(leaver, "left");
  await sleep(10);
}

for (const player of [...world.online.keys()]) await leave(player, "stopped");
await publishServerStopped(nats, { serverId }, { at: now(), uptime: uptime() });
await nats.flush();
await nats.close();
console.log(`${name} is down`);
