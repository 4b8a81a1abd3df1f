import { NatsConnection } from "alternats";
import { expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { compute } from "../support/flood.js";

it("slow handlers of one connection leave other connections their turns", async () => {
  await using broker = await startBroker();
  await using slow = new NatsConnection({ servers: broker.url });
  await using other = new NatsConnection({ servers: broker.url });
  let handled = 0;
  await slow.subscribe("slow", () => {
    handled++;
    compute(30);
  });
  await other.connect();
  for (let i = 0; i < 100; i++) other.post("slow", i);
  let pings = 0;
  for (; handled < 90; pings++) await other.ping();
  expect(pings).toBeGreaterThan(10);
}, 60_000);
