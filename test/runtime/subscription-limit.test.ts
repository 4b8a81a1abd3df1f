import { NatsConnection, type NatsError } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { nextEvent } from "../support/next-event.js";
import { rejectionOf, within } from "../support/settled.js";

const LIMIT = 3;
const LIMITED = { config: `max_subscriptions: ${LIMIT}` };

type Begin = (nats: NatsConnection, subject: string) => Promise<unknown>;

const BEGIN: readonly (readonly [string, Begin])[] = [
  ["subscribe", (nats, subject) => nats.subscribe(subject, () => {})],
  ["respond", (nats, subject) => nats.respond(subject, () => 1)],
  ["listen", (nats, subject) => nats.listen(subject, () => {})],
  ["messages", (nats, subject) => nats.messages(subject).ready],
];

describe("a server that takes three subscriptions of a connection (max_subscriptions)", () => {
  it.each(BEGIN)(
    "has the fourth one reject, with its subject and the limit (%s)",
    async (_, begin) => {
      await using broker = await startBroker(LIMITED);
      const errors: NatsError[] = [];
      await using nats = new NatsConnection({
        servers: broker.url,
        onError: (error) => void errors.push(error),
      });
      for (let i = 1; i <= LIMIT; i++) await begin(nats, `limited.${i}`);
      const error = await within(5_000, rejectionOf(begin(nats, "limited.4")), "the fourth");
      expect(error).toMatchObject({
        code: "SUBSCRIPTION_LIMIT",
        subject: "limited.4",
        limit: LIMIT,
      });
      expect(String(error)).toContain('"limited.4"');
      expect(String(error)).toContain(String(LIMIT));
      expect(errors).toEqual([]);
      expect(nats.getStats()).toMatchObject({ subscriptions: LIMIT, reconnects: 0 });
    },
  );

  it("has those of many that are too many reject, and no other", async () => {
    await using broker = await startBroker(LIMITED);
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    const results = await within(
      5_000,
      Promise.allSettled(
        Array.from({ length: 10 }, (_, i) => nats.subscribe(`limited.${i}`, () => {})),
      ),
      "ten subscriptions",
    );
    expect(results.map(({ status }) => status)).toEqual([
      ...Array(LIMIT).fill("fulfilled"),
      ...Array(10 - LIMIT).fill("rejected"),
    ]);
    for (const result of results.slice(LIMIT)) {
      expect(result).toMatchObject({ reason: { code: "SUBSCRIPTION_LIMIT", limit: LIMIT } });
    }
  });

  it("takes another one when one has ended, which hears what is published", async () => {
    await using broker = await startBroker(LIMITED);
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    const first = await nats.subscribe("limited.1", () => {});
    await nats.subscribe("limited.2", () => {});
    await nats.subscribe("limited.3", () => {});
    expect(await rejectionOf(nats.subscribe("limited.4", () => {}))).toMatchObject({
      code: "SUBSCRIPTION_LIMIT",
    });
    first.unsubscribe();
    const heard = new Promise((resolve) => {
      void nats.subscribe("limited.5", resolve);
    });
    await nats.flush();
    nats.post("limited.5", "heard");
    expect(await within(5_000, heard, "the message")).toBe("heard");
  });

  it("has a request say so that cannot subscribe its inbox", async () => {
    await using broker = await startBroker(LIMITED);
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    for (let i = 1; i <= LIMIT; i++) await nats.subscribe(`limited.${i}`, () => 1);
    const error = await rejectionOf(nats.request("limited.1", 1, { timeout: 2_000 }));
    expect(error).toMatchObject({ code: "SUBSCRIPTION_LIMIT", limit: LIMIT });
  });

  it("closes those that are too many for the next server, and says so for each", async () => {
    await using broker = await startBroker({ config: "max_subscriptions: 100" });
    await using smaller = await startBroker(LIMITED);
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      onError: (error) => void errors.push(error),
    });
    const subscriptions = await Promise.all(
      Array.from({ length: 5 }, (_, i) => nats.subscribe(`limited.${i}`, () => {})),
    );
    nats.setServers(smaller.url);
    const opened = nextEvent(nats, "opened");
    await nats.reconnect();
    await opened;
    const ended = await within(
      5_000,
      Promise.all(subscriptions.slice(LIMIT).map(({ closed }) => closed)),
      "two subscriptions",
    );
    for (const error of ended) expect(error).toMatchObject({ code: "SUBSCRIPTION_LIMIT" });
    expect(errors.map(({ code }) => code)).toEqual(["SUBSCRIPTION_LIMIT", "SUBSCRIPTION_LIMIT"]);
    expect(nats.getStats().subscriptions).toBe(LIMIT);
  });
});
