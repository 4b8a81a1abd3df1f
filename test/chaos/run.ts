import { setTimeout as sleep } from "node:timers/promises";
import type { AppendLedger } from "./append-ledger.js";
import { APPEND_TIMEOUT, connectAppenders } from "./appenders.js";
import { Clients, type Reported } from "./clients.js";
import { ChaosCluster } from "./cluster.js";
import { Corruption } from "./corruption.js";
import { DRAIN_LIMIT, drainAgainAndAgain } from "./drains.js";
import { FaultLog } from "./fault-log.js";
import { type Judgement, judge, readStream, type Stored } from "./judge.js";
import { NetworkFaults } from "./network-faults.js";
import { Official } from "./official.js";
import { Publishers } from "./publishers.js";
import { Random } from "./random.js";
import { Replays } from "./replays.js";
import { Requests } from "./requests.js";
import { ServerFaults } from "./server-faults.js";
import { STREAMS } from "./streams.js";
import { UnhandledRejections } from "./unhandled.js";
import { Watch } from "./watch.js";
import { type WorkerLedger, Workers } from "./workers.js";

/** Milliseconds that the cluster, then the workers, then the replays have to recover at the end. */
const SETTLE = 30_000;

/** Options of a run. */
export interface ChaosOptions {
  /** Seconds of faults. */
  readonly seconds: number;
  /** Seed of the random numbers that choose faults and times. */
  readonly seed: number;
}

/** Ledger of an appender, and the comparison with its stream. */
export interface AppenderResult {
  readonly ledger: AppendLedger;
  readonly judgement: Judgement;
}

/** Results of a run. */
export interface Results extends ChaosOptions {
  readonly faults: FaultLog;
  readonly appenders: readonly AppenderResult[];
  /** Content of each stream, by its name. */
  readonly stored: ReadonlyMap<string, readonly Stored[]>;
  readonly workers: readonly WorkerLedger[];
  readonly officialWorker: WorkerLedger;
  readonly replays: Replays;
  readonly requests: Requests;
  readonly publishers: Publishers;
  readonly corruption: readonly Corruption[];
  readonly watch: Watch;
  readonly unhandled: UnhandledRejections;
  /** Errors that `onError` received, by code. */
  readonly reported: ReadonlyMap<string, Reported>;
}

/**
 * Runs all workloads while servers and networks fail, then lets everything recover, and collects the results.
 */
export async function runChaos({ seconds, seed }: ChaosOptions): Promise<Results> {
  using unhandled = new UnhandledRejections();
  await using cluster = await ChaosCluster.start();
  await using clients = new Clients(cluster);
  const watch = new Watch();
  const faults = new FaultLog();
  // Separate seeds: the faults of one part must not depend on the speed of another.
  const random = new Random(seed);
  const [forServers, forNetworks, forCorruption, forDrains] = Array.from({ length: 4 }, () =>
    random.between(0, 2 ** 32 - 1),
  ) as [number, number, number, number];
  const stopping = new AbortController();
  const stop = stopping.signal;

  const appenders = await connectAppenders(clients);
  const official = new Official();
  await official.start(clients);
  const workers = new Workers(clients);
  await workers.start();
  const requests = new Requests(watch);
  await requests.start(clients);
  const publishers = new Publishers(watch);
  await publishers.start(clients);
  const replays = new Replays(clients, watch);
  await replays.start(stop);
  const corruption = ["corrupted-a", "corrupted-b"].map(
    (name, i) => new Corruption(name, new Random(forCorruption + i), watch),
  );

  const comparison = Promise.all([official.append(stop), official.consume()]);
  const appending = Promise.all(appenders.map((appender) => appender.run(stop)));
  const others = Promise.all([
    requests.run(stop),
    publishers.run(stop),
    drainAgainAndAgain(cluster, clients, watch, forDrains, stop),
    ...corruption.map((one) => one.run(cluster, clients, stop)),
  ]);
  const breaking = Promise.all([
    new ServerFaults(cluster, faults, new Random(forServers), stop).run(),
    new NetworkFaults(clients.lines, faults, new Random(forNetworks), stop).run(),
  ]);
  await Promise.race([sleep(seconds * 1_000), breaking, appending, others]);
  stopping.abort();
  await breaking;
  await cluster.healthy(SETTLE);
  await watch.within("end of the appenders", APPEND_TIMEOUT + SETTLE, appending);
  await watch.within("end of the others", 2 * DRAIN_LIMIT, others);

  const stored = await readStreams(cluster);
  const end = performance.now() + SETTLE;
  const incomplete = (ledger: WorkerLedger) =>
    ledger.missing(stored.get(ledger.stream)!).length > 0;
  while (workers.ledgers.some(incomplete) && performance.now() < end) await sleep(200);
  const lasts = new Map([...stored].map(([name, all]) => [name, all.at(-1)?.sequence ?? 0]));
  await replays.end(lasts, SETTLE);
  await workers.drain(watch, DRAIN_LIMIT);
  await Promise.all(
    clients.connections.map(async (nats) => {
      await watch.within("drain of a connection", DRAIN_LIMIT, nats.drain());
      await watch.within("close", DRAIN_LIMIT, nats.close());
    }),
  );
  await official.close();
  await watch.within("end of the official client", DRAIN_LIMIT, comparison);

  const ledgers = [...appenders.map(({ ledger }) => ledger), official.ledger];
  return {
    seconds,
    seed,
    faults,
    appenders: ledgers.map((ledger) => ({
      ledger,
      judgement: judge(ledger, stored.get(ledger.stream)!),
    })),
    stored,
    workers: workers.ledgers,
    officialWorker: official.worker,
    replays,
    requests,
    publishers,
    corruption,
    watch,
    unhandled,
    reported: clients.reported,
  };
}

/** @returns Content of the streams, as the official client reads it. */
async function readStreams(cluster: ChaosCluster): Promise<Map<string, Stored[]>> {
  const reader = await cluster.connect();
  try {
    const stored = new Map<string, Stored[]>();
    for (const { name } of STREAMS) stored.set(name, await readStream(reader, name));
    return stored;
  } finally {
    await reader.close();
  }
}
