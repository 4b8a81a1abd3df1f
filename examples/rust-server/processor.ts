/**
 * A processor: turns events into a leaderboard. All processors are one queue group, so each event is
 * processed once, however many of them run.
 *
 *     node dist/processor.js
 */
import { NatsConnection } from "alternats";
import {
  type Player,
  subscribeItemCrafted,
  subscribeItemLooted,
  subscribeItemPickedUp,
  subscribePlayerHit,
  subscribePlayerRespawned,
  subscribeResourceGathered,
} from "./sdk/index.js";
import { stopped, tell, watched } from "./watch.js";

const nats = watched(
  new NatsConnection({
    servers: process.env.NATS_URL ?? "nats://localhost:4222",
    name: "processor",
  }),
);
const group = { queue: "leaderboard" };

const scores = new Map<string, number>();

function score(player: Player, points: number): void {
  scores.set(player.name, (scores.get(player.name) ?? 0) + points);
}

await Promise.all([
  subscribePlayerHit(
    nats,
    {},
    ({ attacker, damage, killed }) => {
      score(attacker, damage / 10 + (killed ? 100 : 0));
    },
    group,
  ),
  subscribePlayerRespawned(nats, {}, ({ player }) => score(player, -20), group),
  subscribeResourceGathered(nats, {}, ({ player, amount }) => score(player, amount / 10), group),
  subscribeItemPickedUp(nats, {}, ({ player }) => score(player, 1), group),
  subscribeItemLooted(nats, {}, ({ player, amount }) => score(player, amount), group),
  subscribeItemCrafted(nats, {}, ({ player, amount }) => score(player, 5 * amount), group),
]);

function show(): void {
  const best = [...scores].sort(([, a], [, b]) => b - a).slice(0, 3);
  if (best.length === 0) return;
  console.log(best.map(([name, points], i) => `${i + 1}. ${name} ${points.toFixed(0)}`).join("  "));
  tell({ scores: Object.fromEntries(scores) });
}

const timer = setInterval(show, 500);
tell({ ready: true });
await stopped();

// The server answers in order: after this, all that was published before has arrived.
await nats.flush();
clearInterval(timer);
show();
await nats.close();
