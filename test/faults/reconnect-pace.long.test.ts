import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import {
  CLIENTS,
  Lateness,
  outage,
  ReconnectingClients,
  rest,
} from "../support/reconnecting-clients.js";

describe(`${CLIENTS} connections with default options`, () => {
  it.each([3, 5, 7])(
    "are back within a second of a server that was away for %i s, without a rush",
    outage,
    120_000,
  );

  it(
    "are back within a second of a server that was away for a minute, without a rush",
    () => outage(60),
    150_000,
  );

  it("have their next attempt within a second, however often they failed before", async () => {
    await using broker = await startBroker();
    await using clients = new ReconnectingClients(broker.url);
    await clients.connect();
    await broker.stop("SIGKILL");
    using lateness = new Lateness();
    await rest(8_000);
    for (const times of clients.dials.values()) {
      const gaps = times.slice(1).map((time, i) => time - times[i]!);
      expect(gaps.length).toBeGreaterThanOrEqual(7);
      // A dead port refuses at once: what lies between two attempts is the wait, and what a busy machine adds.
      expect(Math.max(...gaps)).toBeLessThanOrEqual(1_300 + lateness.total);
    }
  }, 60_000);
});
