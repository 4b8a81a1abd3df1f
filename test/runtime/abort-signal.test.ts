import { NatsConnection } from "alternats";
import { append, appendBatch, ensureStreams } from "alternats/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { game, hit, numbers } from "../jetstream/game.js";
import { type Broker, startBroker } from "../support/broker.js";

const params = { server: "eu-1", player: "7" };

let broker: Broker;
let nats: NatsConnection;
beforeAll(async () => {
  broker = await startBroker({ jetStream: true });
  nats = new NatsConnection({ servers: broker.url });
  await nats.respond("ask", () => 1);
  await ensureStreams(nats, [game]);
});
afterAll(async () => {
  await nats?.close();
  await broker?.[Symbol.asyncDispose]();
});

/** @returns The warnings of this process while something is done. */
async function warnings(work: () => Promise<unknown>): Promise<string[]> {
  const found: string[] = [];
  const collect = (warning: Error): void => void found.push(`${warning.name}: ${warning.message}`);
  process.on("warning", collect);
  try {
    await work();
    // Warnings come in a turn of their own.
    await new Promise(setImmediate);
  } finally {
    process.off("warning", collect);
  }
  return found;
}

const many = <T>(call: () => Promise<T>) => Promise.all(Array.from({ length: 100 }, call));

describe("an AbortSignal that many calls share", () => {
  it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ["request", (signal) => many(() => nats.request("ask", 1, { signal }))],
    ["requestMany", (signal) => many(() => nats.requestMany("ask", 1, { signal, max: 1 }).next())],
    ["flush", (signal) => many(() => nats.flush({ signal }))],
    ["ping", (signal) => many(() => nats.ping({ signal }))],
    ["publish", (signal) => many(() => nats.publish("tell", "x".repeat(20_000), { signal }))],
    [
      "subscribe",
      async (signal) => {
        for (const one of await many(() => nats.subscribe("tell", () => {}, { signal })))
          one.unsubscribe();
      },
    ],
    ["append", (signal) => many(() => append(nats, hit, params, { n: 1 }, { signal }))],
    [
      "appendBatch",
      async (signal) => {
        const items = numbers(100).map((n) => ({ params, message: { n } }));
        for await (const { error } of appendBatch(nats, hit, items, { signal }))
          expect(error).toBeUndefined();
      },
    ],
  ])("is no reason for a warning (%s)", async (_, work) => {
    expect(await warnings(() => work(new AbortController().signal))).toEqual([]);
  });

  it("ends each of many requests with its reason", async () => {
    await using silent = await nats.subscribe("silent", () => {});
    const controller = new AbortController();
    const requests = Array.from({ length: 100 }, () =>
      nats.request(silent.subject, 1, { signal: controller.signal }).catch((error) => error),
    );
    const reason = new Error("enough");
    controller.abort(reason);
    for (const error of await Promise.all(requests)) expect(error).toBe(reason);
  });
});
