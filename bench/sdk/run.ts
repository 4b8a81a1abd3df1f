import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { NatsConnection } from "alternats";
import { median } from "../harness/statistics.js";
import { startNats } from "../servers/nats.js";
import { gameEvent } from "../work/game-messages.js";
import { gameSdk } from "./game-sdk.js";

// What a generated SDK costs over calling the engine by hand with the same codec, in processor time:
// `node bench/dist/sdk/run.js [--rounds 41]`.

const { values } = parseArgs({ options: { rounds: { type: "string", default: "41" } } });
const rounds = Number(values.rounds);
const WINDOW = 2000;
const WINDOWS = 10;

/** How much more than by hand a way may cost, in per cent. */
const limits = { "a key made once": 3, "parameters each time": 15 } as const;

await using broker = await startNats();
await using nats = new NatsConnection({ servers: broker.url });
await nats.connect();
const { Channels, Keys } = await gameSdk();
/** Eight servers and as many matches, as values come: texts of their own each time. */
const all = Array.from({ length: 64 }, (_, i) => ({
  server: `eu-${i % 8}`,
  match: `b7d1c2f4-${i >> 3}`,
}));

for (const name of ["hitJson", "hitMsgpack"] as const) {
  const channel = Channels[name];
  const keys = all.map((params) => Keys[name].at(params));
  const options = { serializer: channel.message };
  const ways = {
    "by hand": (i: number) => nats.post(keys[i & 63]!, gameEvent, options),
    "a key made once": (i: number) => channel.post(nats, keys[i & 63]!, gameEvent),
    "parameters each time": (i: number) => {
      const { server, match } = all[i & 63]!;
      channel.post(nats, { server, match }, gameEvent);
    },
  };
  const costs = Object.fromEntries(Object.keys(ways).map((way) => [way, [] as number[]]));
  for (let round = -5; round < rounds; round++) {
    const order = Object.entries(ways);
    for (let turn = 0; turn < order.length; turn++) {
      const [way, post] = order[(turn + round + 5) % order.length]!;
      const before = cpuUsage();
      for (let window = 0; window < WINDOWS; window++) {
        for (let i = 0; i < WINDOW; i++) post(i);
        await nats.flush();
      }
      const { user, system } = cpuUsage(before);
      if (round >= 0) costs[way]!.push((1000 * (user + system)) / (WINDOW * WINDOWS));
    }
  }
  const byHand = costs["by hand"]!;
  console.log(`${name}: ${median(byHand).toFixed(0)} ns by hand`);
  for (const [way, limit] of Object.entries(limits)) {
    const more = 100 * (median(costs[way]!.map((cost, i) => cost / byHand[i]!)) - 1);
    const verdict = more <= limit ? "within" : "OVER";
    console.log(`  ${way}: ${more.toFixed(1)} % more, ${verdict} the limit of ${limit} %`);
  }
}
process.exit();
