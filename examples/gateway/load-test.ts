/**
 * Starts a NATS server, two game loops and two gateways, and lets players play. Stops one gateway
 * half-way, so that its players move to the other, and prints the result.
 *
 * node dist/load-test.js [players] [seconds]
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { startBroker } from "alternats-broker";
import { openRoom, Player } from "./player.js";
import { type Started, start } from "./process.js";

const MOVE_EVERY = 50; // milliseconds
const SLOTS = 20; // players in a room
const LONGEST_WAIT = 5_000; // milliseconds for the last moves to be confirmed

const players = positive(process.argv[2] ?? "200", "players");
const seconds = positive(process.argv[3] ?? "10", "seconds");

function positive(text: string, what: string): number {
  const number = Number(text);
  if (number > 0 && number <= 10_000) return number;
  console.error(`"${text}" is no number of ${what}: give one from 1 to 10,000.`);
  process.exit(2);
}

const ending = new AbortController();
process.once("SIGINT", () => ending.abort());
process.once("SIGTERM", () => ending.abort());
const ended = once(ending.signal, "abort");

await using broker = await startBroker();
const env = { ...process.env, NATS_URL: broker.url, PORT: "0" };
const started: Started<unknown>[] = [];

try {
  await Promise.race([measure(), ended]);
} catch (error) {
  if (!ending.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  for (const { process: child } of started) child.kill("SIGKILL");
}

async function measure(): Promise<void> {
  const loop = new URL("./game-loop.js", import.meta.url);
  started.push(await start(loop, env, ending.signal), await start(loop, env, ending.signal));
  const gateway = new URL("./gateway.js", import.meta.url);
  const gateways = [
    await start<{ port: number }>(gateway, env, ending.signal),
    await start<{ port: number }>(gateway, env, ending.signal),
  ];
  started.push(...gateways);
  const addresses = gateways.map(({ told: { port } }) => `ws://127.0.0.1:${port}`);

  const rooms: string[] = [];
  for (let i = 0; i * SLOTS < players; i++) rooms.push(await openRoom(addresses[i % 2]!, SLOTS));
  const all = Array.from({ length: players }, (_, index) => {
    const room = rooms[Math.floor(index / SLOTS)]!;
    return new Player(`player-${index}`, room, addresses, index);
  });
  await Promise.all(all.map((player) => player.join()));
  console.log(`${players} players in ${rooms.length} rooms, on 2 gateways and 2 game loops`);

  const moving = setInterval(() => {
    for (const player of all) player.move();
  }, MOVE_EVERY);
  const pause = () => sleep((seconds * 1000) / 2, undefined, { signal: ending.signal });
  try {
    await pause();
    console.log("one gateway stops; its players move to the other");
    await gateways[0]!.stop();
    await pause();
    clearInterval(moving);
    const late = Promise.all(all.map((player) => player.allConfirmed()));
    await Promise.race([late, sleep(LONGEST_WAIT, undefined, { ref: false })]);
  } finally {
    clearInterval(moving);
    for (const player of all) player.leave();
  }

  const latencies = all.flatMap((player) => player.latencies).sort((a, b) => a - b);
  const at = (part: number) => (latencies[Math.floor(latencies.length * part)] ?? 0).toFixed(1);
  const sum = (of: (player: Player) => number) => all.reduce((total, one) => total + of(one), 0);
  const moves = sum((player) => player.moves);
  const confirmed = sum((player) => player.confirmed);
  const states = sum((player) => player.states);
  const changes = sum((player) => player.changes);
  console.log(`moves sent        ${moves} (${Math.round(moves / seconds)} a second)`);
  console.log(`moves confirmed   ${confirmed}`);
  console.log(`states delivered  ${states} (${Math.round(states / seconds)} a second)`);
  console.log(`changed gateways  ${changes}`);
  console.log(`move to state     ${at(0.5)} ms median, ${at(0.95)} ms 95 %, ${at(0.99)} ms 99 %`);
  console.log("                  (a room steps every 50 ms)");

  const problems = all.flatMap(({ playerId, problems }) =>
    problems.map((text) => `${playerId} ${text}`),
  );
  for (const problem of problems.slice(0, 10)) console.error(problem);
  const ok = moves === confirmed && problems.length === 0 && changes >= Math.floor(players / 2);
  console.log(ok ? "All moves were confirmed." : "Moves or players were lost.");
  if (!ok) process.exitCode = 1;
}
