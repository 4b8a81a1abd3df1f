import { NatsConnection } from "alternats";
import { describe, expect, it } from "vitest";
import { type FakeClient, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 50, reconnectWaitMax: 50, reconnectJitter: 0, onError: () => {} };

/** The lines of a client that begin with a word, without what varies in an inbox. */
const lines = (client: FakeClient, word: string): string[] =>
  client.received
    .split("\r\n")
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.replace(/_INBOX\.\w+/, "_INBOX"));

type Begin = (nats: NatsConnection) => unknown;

const SUBSCRIPTIONS: readonly (readonly [string, Begin, RegExp])[] = [
  ["subscribe", (nats) => nats.subscribe("away", () => {}), /^SUB away \d+$/],
  [
    "subscribe with a queue group",
    (nats) => nats.subscribe("away", () => {}, { queue: "group" }),
    /^SUB away group \d+$/,
  ],
  ["respond", (nats) => nats.respond("away", () => 1), /^SUB away \d+$/],
  ["listen", (nats) => nats.listen("away", () => {}), /^SUB away \d+$/],
  ["messages", (nats) => nats.messages("away"), /^SUB away \d+$/],
  ["observe", (nats) => nats.observe("away").subscribe(() => {}), /^SUB away \d+$/],
  [
    "request, which subscribes its inbox",
    (nats) => nats.request("away", 1).catch(() => {}),
    /^SUB _INBOX\.\* \d+$/,
  ],
];

/**
 * Loses a connection, and waits for the next one.
 *
 * @param away Called while there is no connection.
 * @param before Called first; it connects.
 * @returns The client of the next connection, as the server saw it.
 */
async function loseOnce(
  away: Begin,
  before: Begin = (nats) => nats.connect(),
): Promise<FakeClient> {
  await using server = await startFakeServer(async (client) => {
    await client.greet();
    void client.answerPings();
    await client.until("PUB leave");
    client.destroy();
  });
  await using nats = new NatsConnection({ servers: server.url, ...FAST });
  await before(nats);
  const lost = nextEvent(nats, "disconnected");
  const opened = nextEvent(nats, "opened");
  nats.post("leave", 1);
  await lost;
  void away(nats);
  await opened;
  await nats.flush();
  return server.client(2);
}

describe("a subscription that is made while the connection is away", () => {
  it.each(SUBSCRIPTIONS)("is sent once with the next one (%s)", async (_, begin, line) => {
    const client = await loseOnce(begin);
    expect(lines(client, "SUB").filter((text) => line.test(text))).toHaveLength(1);
    expect(lines(client, "SUB")).toHaveLength(1);
  });

  it("keeps its number of messages, which is sent once as well", async () => {
    const client = await loseOnce((nats) => nats.subscribe("away", () => {}, { max: 3 }));
    expect(lines(client, "SUB")).toHaveLength(1);
    expect(lines(client, "UNSUB")).toEqual([expect.stringMatching(/^UNSUB \d+ 3$/)]);
  });

  it("and is ended there is not sent at all", async () => {
    const client = await loseOnce((nats) => nats.messages("away").unsubscribe());
    expect([...lines(client, "SUB"), ...lines(client, "UNSUB")]).toEqual([]);
  });
});

describe("subscriptions that are there when the connection is lost", () => {
  it("are sent once each with the next one, beside those made meanwhile, in the order in which they were made", async () => {
    const client = await loseOnce(
      (nats) => {
        for (let i = 0; i < 100; i++) void nats.subscribe(`away.${i}`, () => {});
      },
      (nats) => nats.subscribe("before", () => {}),
    );
    const subjects = lines(client, "SUB").map((line) => line.split(" ")[1]);
    expect(subjects).toEqual(["before", ...Array.from({ length: 100 }, (_, i) => `away.${i}`)]);
  });

  it("are sent once each where the first connection was lost before it was open", async () => {
    let came = 0;
    await using server = await startFakeServer(async (client) => {
      if (++came === 1) {
        client.destroy();
        return;
      }
      await client.greet();
      void client.answerPings();
    });
    await using second = await startFakeServer(async (client) => {
      await client.greet();
      void client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: [server.url, second.url],
      noRandomize: true,
      ...FAST,
    });
    await nats.subscribe("first", () => {});
    expect(lines(await second.client(1), "SUB")).toHaveLength(1);
  });
});
