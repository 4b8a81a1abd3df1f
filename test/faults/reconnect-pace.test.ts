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
  it(
    "are back within a second of a server that was away for 2 s, without a rush",
    () => outage(2),
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
    await rest(2_500);
    await once(gateway.close(), "close");
    // Seen from the server: twice a second each, and the first attempt.
    expect(accepted.length).toBeLessThanOrEqual(CLIENTS * 6);
    // Client and server share this process: a busy machine dials less.
    expect(accepted.length).toBeGreaterThanOrEqual(CLIENTS);
    const most = [...clients.dials.values()].map((times) => mostWithin(1_000, times));
    expect(Math.max(...most)).toBeLessThanOrEqual(2);
    const later = accepted.filter((time) => time > accepted[0]! + 500);
    expect(mostWithin(50, later)).toBeLessThanOrEqual(later.length / 5);
  }, 60_000);
});
