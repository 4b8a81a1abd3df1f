import { Bench as official } from "@nats-io/transport-node";
import * as ours from "alternats/nats-core";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { within } from "../support/settled.js";
import { bothConnects } from "./support.js";

const MESSAGES = 200;

const WORK = [
  [{ pub: true }, ["pub"]],
  [{ sub: true, pub: true }, ["pub", "pubsub", "sub"]],
  [{ req: true, rep: true }, ["rep", "req", "reqrep"]],
] as const;

describe.each(bothConnects)("Bench on %s", (name, connect) => {
  const Bench = name === "our connection" ? ours.Bench : official;

  it.each(
    WORK.flatMap(([work, names]) => [true, false].map((callbacks) => ({ work, callbacks, names }))),
  )(
    "runs and measures $names (callbacks: $callbacks)",
    async ({ work, callbacks, names }) => {
      await using broker = await startBroker();
      const nc = await connect({ servers: broker.url });
      const bench = new Bench(nc, { ...work, callbacks, msgs: MESSAGES, size: 16 });
      const metrics = await within(20_000, bench.run(), "run()");
      expect(metrics.map((metric) => metric.name).sort()).toEqual([...names]);
      for (const metric of metrics) {
        expect(metric.msgs).toBe(
          metric.name === "pubsub" || metric.name === "reqrep" ? 2 * MESSAGES : MESSAGES,
        );
        expect(metric.payload).toBe(16);
        expect(metric.bytes).toBeGreaterThanOrEqual(16 * MESSAGES);
        expect(metric.lang).toEqual(expect.any(String));
        expect(metric.version).toEqual(expect.any(String));
        expect(metric.toString()).toEqual(expect.any(String));
      }
      await nc.close();
    },
    60_000,
  );
});
