import { setTimeout as sleep } from "node:timers/promises";
import { NatsConnectionPool, type Subscription } from "alternats";
import { consume, type Worker } from "alternats/jetstream";
import { type Clients, withUser } from "./clients.js";
import type { ChaosCluster } from "./cluster.js";
import { Line } from "./line.js";
import { Random } from "./random.js";
import { STREAMS } from "./streams.js";
import type { Watch } from "./watch.js";

/** Milliseconds within which every drain must settle. */
export const DRAIN_LIMIT = 30_000;

/** Number of concurrent loops. */
const LOOPS = 3;

/**
 * Drains subscriptions, workers, connections and pools again and again, mostly while their network fails.
 *
 * @returns Settles when the run has stopped and the last drains have settled or are overdue.
 */
export async function drainAgainAndAgain(
  cluster: ChaosCluster,
  clients: Clients,
  watch: Watch,
  seed: number,
  stop: AbortSignal,
): Promise<void> {
  const loop = async (index: number) => {
    const random = new Random(seed + index);
    await using line = await Line.open(`drain-${index}`, cluster);
    while (!stop.aborted) await drainOnce(line, index, clients, watch, random);
  };
  await Promise.all(Array.from({ length: LOOPS }, (_, index) => loop(index)));
}

async function drainOnce(
  line: Line,
  index: number,
  clients: Clients,
  watch: Watch,
  random: Random,
): Promise<void> {
  const servers = withUser(line);
  const nats = clients.connectTo(servers);
  const pool = new NatsConnectionPool({ servers, poolSize: 2, onError: clients.report });
  let subscription: Subscription | undefined;
  let worker: Worker | undefined;
  try {
    await pool.subscribe("chaos-publish", () => {});
    subscription = await nats.subscribe("chaos-publish", () => {});
    worker = await consume(
      nats,
      STREAMS[index % STREAMS.length]!.channel,
      {},
      // A handler may be running when the drain begins.
      () => sleep(1),
      { durable: `drain-${index}` },
    );
  } catch {
    // A server is not available. Drain only what exists by now.
  }
  await sleep(random.between(0, 500));
  const failing = fail(line, random);
  const drained = [
    subscription && watch.within("drain of a subscription", DRAIN_LIMIT, subscription.drain()),
    worker && watch.within("drain of a worker", DRAIN_LIMIT, worker.drain()),
    watch.within("drain of a connection", DRAIN_LIMIT, nats.drain()),
    watch.within("drain of a pool", DRAIN_LIMIT, pool.drain()),
  ];
  await Promise.all(drained);
  await failing;
  await watch.within("close", DRAIN_LIMIT, Promise.all([nats.close(), pool.close()]));
}

/** Makes the network fail in a random way, or not at all. */
async function fail(line: Line, random: Random): Promise<void> {
  const [kind, duration] = [random.between(0, 3), random.between(500, 4_000)];
  if (kind === 0) line.cut();
  if (kind === 1) await line.swallow(duration);
  if (kind === 2) await line.delay(random.between(5, 200), duration);
}
