/**
 * A game server: appends its events to the log, answers commands, and runs commands that were
 * queued while it was down.
 *
 * node dist/game-server.js eu-1
 *
 * PAUSE is the pause in milliseconds between two turns of ten events; default 10.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "alternats/jetstream";
import { connect, findStreams } from "./connection.js";
import { ending, LAST_DRAIN, lastCalls, untilEnding } from "./ending.js";
import { isNatsAway, patiently } from "./patiently.js";
import {
  Keys,
  type Player,
  type PlayerDisconnected,
  publishCommandAnswered,
  respondBanPlayer,
  respondRunCommand,
  respondServerInfo,
} from "./sdk/index.js";
import {
  appendCommandRan,
  appendItemCrafted,
  appendItemLooted,
  appendItemPickedUp,
  appendPlayerBanned,
  appendPlayerChatted,
  appendPlayerConnected,
  appendPlayerDisconnected,
  appendPlayerHit,
  appendPlayerReported,
  appendPlayerRespawned,
  appendPlayerUnbanned,
  appendResourceGathered,
  appendServerStarted,
  appendServerStopped,
  appendServerWiped,
  consumeCommandQueued,
} from "./sdk/streams.js";
import { count, tell, watched } from "./watch.js";
import { pick, roll, somewhere, World } from "./world.js";

const serverId = process.argv[2] ?? "eu-1";
const name = `Rust ${serverId}`;
const slots = 100;
const pause = Number(process.env.PAUSE ?? 10);
const started = Date.now();
const world = new World();

const nats = watched(connect(`game server ${serverId}`));

/** Milliseconds that an event waits for the broker: less than the duplicate window of its stream. */
const LONGEST_OUTAGE = 540_000;

// Each event gets a random message id, so it is stored once even if the connection is lost while it
// is sent.
const patient = { timeout: LONGEST_OUTAGE, signal: lastCalls };

const now = () => new Date().toISOString();
const uptime = () => (Date.now() - started) / 1000;
const of = (player: Player) => ({ serverId, steamId: player.steam_id });

// Most events are hits: their keys are built once for each player.
const hitKeys = new Map(world.players.map((player) => [player, Keys.playerHit.at(of(player))]));

/** Frequent actions of players. */
const activities: readonly ((player: Player) => unknown)[] = [
  async (attacker) => {
    const victim = world.somebody();
    const key = hitKeys.get(attacker);
    if (victim === undefined || victim === attacker || key === undefined) return;
    const killed = roll(4) === 1;
    const hit = {
      at: now(),
      attacker,
      victim,
      weapon: pick(["rock", "bow", "revolver", "rifle"]) ?? "rock",
      bone: pick(["head", "chest", "arm", "leg"] as const) ?? "chest",
      damage: roll(100),
      distance: roll(250),
      killed,
    };
    await appendPlayerHit(nats, key, hit, patient);
    if (!killed) return;
    const position = somewhere();
    await appendPlayerRespawned(nats, of(victim), { at: now(), player: victim, position }, patient);
  },
  (player) => {
    const item_id = pick(["wood", "stones", "metal-ore", "sulfur-ore"]) ?? "wood";
    return appendResourceGathered(
      nats,
      { ...of(player), itemId: item_id },
      { at: now(), player, item_id, amount: roll(50), tool: "hatchet", position: somewhere() },
      patient,
    );
  },
  (player) => {
    const item_id = pick(["rope", "mushroom", "torch"]) ?? "rope";
    const item = { at: now(), player, item_id, amount: 1 };
    return appendItemPickedUp(nats, { ...of(player), itemId: item_id }, item, patient);
  },
  (player) => {
    const item_id = pick(["scrap", "gears", "cloth"]) ?? "scrap";
    return appendItemLooted(
      nats,
      { ...of(player), itemId: item_id },
      { at: now(), player, item_id, amount: roll(10), container: "barrel", position: somewhere() },
      patient,
    );
  },
  (player) => {
    const item_id = pick(["bandage", "arrow", "wall"]) ?? "arrow";
    const item = { at: now(), player, item_id, amount: roll(5) };
    return appendItemCrafted(nats, { ...of(player), itemId: item_id }, item, patient);
  },
  (player) => {
    const text = pick(["who shot me?", "selling scrap", "wipe when?", "gg"]) ?? "gg";
    return appendPlayerChatted(
      nats,
      of(player),
      {
        at: now(),
        player,
        text,
        audience: "everyone",
      },
      patient,
    );
  },
  async (reporter) => {
    const reported = world.somebody();
    if (reported === undefined || reported === reporter || roll(10) > 1) return;
    const report = { at: now(), reporter, reported, subject: "cheating", text: "shoots too well" };
    await appendPlayerReported(nats, of(reporter), { ...report, subject: "cheating" }, patient);
  },
];

async function join(player: Player): Promise<void> {
  world.online.set(player, Date.now());
  await appendPlayerConnected(nats, of(player), { at: now(), player, country: "DK" }, patient);
}

async function leave(player: Player, reason: PlayerDisconnected["reason"]): Promise<void> {
  const played = world.played(player);
  world.online.delete(player);
  await appendPlayerDisconnected(nats, of(player), { at: now(), player, reason, played }, patient);
}

/** The console: commands with their effect and output. */
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
    await appendPlayerUnbanned(nats, of(player), { at: now(), player }, patient);
    return `unbanned ${player.name}`;
  },
};

async function runCommand(
  command: string,
  args: readonly string[],
): Promise<{ ok: boolean; output: string }> {
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (run === undefined) return { ok: false, output: `unknown command "${command}"` };
  const output = await run(args);
  await appendCommandRan(
    nats,
    { serverId },
    { at: now(), command, arguments: [...args], by: null },
    patient,
  );
  return { ok: true, output };
}

/** The commands that were queued while this server was down. */
let queued: Worker | undefined;
let isUp = false;

/** Answers commands, and announces the server. */
async function start(): Promise<void> {
  await patiently(() => findStreams(nats));

  await respondBanPlayer(nats, { serverId }, async ({ steam_id, reason, hours }) => {
    const player = world.find(steam_id);
    if (player === undefined) return { name: "unknownPlayer", message: { steam_id } };
    const until =
      hours === undefined ? null : new Date(Date.now() + hours * 3_600_000).toISOString();
    world.banned.add(player);
    if (world.online.has(player)) await leave(player, "banned");
    await appendPlayerBanned(nats, of(player), { at: now(), player, reason, until }, patient);
    return { name: "banned", message: { player, until } };
  });

  await respondRunCommand(nats, { serverId }, ({ command, arguments: args = [] }) =>
    runCommand(command, args),
  );

  // Acknowledged after it has run and the result is published; until then the stream keeps it.
  queued = await patiently(() =>
    consumeCommandQueued(
      nats,
      { serverId },
      async ({ id, command, arguments: args }) => {
        const result = await runCommand(command, args);
        await publishCommandAnswered(nats, { serverId, commandId: id }, result);
        count("received", "commandQueued");
      },
      // The consumer has the name of the server's user, which has no permission for others.
      { durable: serverId },
    ),
  );

  await respondServerInfo(nats, { serverId }, ({ players }) => ({
    name,
    slots,
    online: world.online.size,
    uptime: uptime(),
    ...(players ? { players: [...world.online.keys()] } : undefined),
  }));

  await appendServerStarted(nats, { serverId }, { at: now(), name, slots }, patient);
  await appendServerWiped(
    nats,
    { serverId },
    { at: now(), seed: roll(2 ** 31), blueprints: false },
    patient,
  );
  isUp = true;
  console.log(`${name} is up`);
  tell({ ready: true });
}

/** Plays a turn. */
async function turn(): Promise<void> {
  const newcomer = roll(40) === 1 || world.online.size < 4 ? world.absent() : undefined;
  if (newcomer !== undefined) await join(newcomer);
  for (let i = 0; i < 10; i++) {
    const player = world.somebody();
    if (player !== undefined) await pick(activities)?.(player);
  }
  const leaver = roll(60) === 1 ? world.somebody() : undefined;
  if (leaver !== undefined) await leave(leaver, "left");
}

/** Announces the end. */
async function stop(): Promise<void> {
  await queued?.drain(LAST_DRAIN);
  await Promise.all([...world.online.keys()].map((player) => leave(player, "stopped")));
  await appendServerStopped(nats, { serverId }, { at: now(), uptime: uptime() }, patient);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

await untilEnding(start);
while (!ending.aborted) {
  try {
    await turn();
  } catch (error) {
    if (ending.aborted) break;
    if (!isNatsAway(error)) throw error;
    // The game does not end with its broker.
    console.error(`An event is lost: ${messageOf(error)}`);
  }
  await sleep(pause, undefined, { signal: ending, ref: false }).catch(() => {});
}
if (isUp) {
  await stop().catch((error: unknown) =>
    console.error(`The end is not in the log: ${messageOf(error)}`),
  );
}
await nats.drain(LAST_DRAIN);
console.log(`${name} is down`);
