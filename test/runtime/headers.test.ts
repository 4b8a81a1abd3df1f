import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { InvalidHeaderError, NatsConnection, NatsHeaders } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { type FakeClient, startFakeServer } from "../support/fake-server.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;

/** A server that greets and answers PINGs, with a client of it. */
async function withFake(
  use: (nats: NatsConnection, client: FakeClient) => Promise<void>,
  options = {},
): Promise<void> {
  await using server = await startFakeServer(async (client) => {
    await client.greet();
    await client.answerPings();
  });
  await using one = new NatsConnection({ servers: server.url, ...options });
  await one.connect();
  await use(one, server.clients[0]!);
}

beforeAll(async () => {
  broker = await startBroker({ config: "max_payload: 1024" });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  await nats.connect();
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("headers", () => {
  it("are case-sensitive, and each value has a line", () =>
    withFake(async (one, client) => {
      one.post("h1", undefined, { headers: { a: ["1", "2"], A: "3" } });
      await one.flush();
      expect(client.received).toContain("NATS/1.0\r\na: 1\r\na: 2\r\nA: 3\r\n\r\n\r\n");
      const headers = new NatsHeaders({ a: ["1", "2"], A: "3" });
      expect(headers.get("a")).toBe("1");
      expect(headers.values("a")).toEqual(["1", "2"]);
      expect(headers.get("A")).toBe("3");
      expect(headers.has("B")).toBe(false);
    }));

  it.each([
    ["", "x"],
    ["a b", "x"],
    ["a:b", "x"],
    ["ä", "x"],
    ["a\r\nb", "x"],
    ["a", "x\r\nb: y"],
    ["a", "x\n"],
    ["a", "\r"],
  ])("with the name %j and the value %j are rejected, and nothing is sent", async (name, value) => {
    expect(() => new NatsHeaders([[name, value]])).toThrow(InvalidHeaderError);
    expect(() => nats.post("h1", 1, { headers: { [name]: value } })).toThrow(InvalidHeaderError);
    await expect(nats.request("h1", 1, { headers: { [name]: value } })).rejects.toThrow(
      InvalidHeaderError,
    );
  });
});

describe("the headers of a received message", () => {
  /** @returns Headers from the wire, as the engine reads them. */
  async function read(block: string): Promise<NatsHeaders> {
    let found: NatsHeaders | undefined;
    await withFake(async (one, client) => {
      await one.subscribe("h2", (_, { headers }) => {
        found = headers;
      });
      client.send(`HMSG h2 1 ${block.length} ${block.length}\r\n${block}\r\n`);
      await one.flush();
    });
    return found!;
  }

  it.each([
    ["NATS/1.0\r\n\r\n", 0, ""],
    ["NATS/1.0 503\r\n\r\n", 503, ""],
    ["NATS/1.0 503 No Responders\r\n\r\n", 503, "No Responders"],
    ["NATS/1.0   404   Not Found  \r\n\r\n", 404, "Not Found"],
    ["NATS/1.0100 Idle Heartbeat\r\n\r\n", 100, "Idle Heartbeat"],
    ["NATS/1.0 OK\r\n\r\n", 0, ""],
  ])(
    "that start with %j have the status %d and the description %j",
    async (block, status, text) => {
      expect(await read(block)).toMatchObject({ status, description: text });
    },
  );

  it("have trimmed values, and lines without a colon are skipped", async () => {
    const headers = await read(
      "NATS/1.0\r\nA:  x y \r\nnonsense\r\n: z\r\nB:\r\nA:2\r\nC: a:b\r\n\r\n",
    );
    expect([...headers]).toEqual([
      ["A", "x y"],
      ["A", "2"],
      ["B", ""],
      ["C", "a:b"],
    ]);
  });
});
