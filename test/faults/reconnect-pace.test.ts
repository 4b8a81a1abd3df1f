import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import {
  CLIENTS,
  mostWithin,
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

  it("dial no faster than twice a second each a server that takes connections and ends them", async () => {
    await using broker = await startBroker();
    await using clients = new ReconnectingClients(broker.url);
    await clients.connect();
    const { port } = broker;
    const lost = clients.every("disconnected");
    await broker.stop("SIGKILL");
    const accepted: number[] = [];
    const gateway = createServer((socket) => {
      accepted.push(performance.now());
      socket.on("error", () => {});
      socket.destroy();
    });
    gateway.listen(port, "127.0.0.1");
    await once(gateway, "listening");
    await lost;
    await rest(5_000);
    await once(gateway.close(), "close");
    // Seen from the server: twice a second each, and the first attempt.
    expect(accepted.length).toBeLessThanOrEqual(CLIENTS * 11);
    // Client and server share this process: a busy machine dials less.
    expect(accepted.length).toBeGreaterThanOrEqual(CLIENTS * 3);
    const most = [...clients.dials.values()].map((times) => mostWithin(1_000, times));
    expect(Math.max(...most)).toBeLessThanOrEqual(2);
    const later = accepted.filter((time) => time > accepted[0]! + 500);
    expect(mostWithin(50, later)).toBeLessThanOrEqual(later.length / 5);
  }, 60_000);

  it("have their next attempt within a second, however often they failed before", async () => {
    await using broker = await startBroker();
    await using clients = new ReconnectingClients(broker.url);
    await clients.connect();
    await broker.stop("SIGKILL");
    await rest(8_000);
    for (const times of clients.dials.values()) {
      const gaps = times.slice(1).map((time, i) => time - times[i]!);
      expect(gaps.length).toBeGreaterThanOrEqual(7);
      // A dead port refuses at once: what lies between two attempts is the wait, and what a busy machine adds.
      expect(Math.max(...gaps)).toBeLessThanOrEqual(1_300);
    }
  }, 60_000);
});
