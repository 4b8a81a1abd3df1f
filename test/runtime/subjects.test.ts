import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { InvalidArgumentError, InvalidSubjectError, NatsConnection } from "alternats";
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

describe("a subject or reply that is empty or has white space", () => {
  it.each(["", "a b", "a\tb", "a\rb", "a\nb", " ", "a "])(
    "is rejected, and nothing is sent: %j",
    (bad) =>
      withFake(
        async (one, client) => {
          expect(() => one.post(bad, 1)).toThrow(InvalidSubjectError);
          expect(() => one.post("ok", 1, { reply: bad })).toThrow(InvalidSubjectError);
          await expect(one.publish(bad)).rejects.toThrow(InvalidSubjectError);
          await expect(one.request(bad)).rejects.toThrow(InvalidSubjectError);
          await expect(one.subscribe(bad, () => {})).rejects.toThrow(InvalidSubjectError);
          await one.flush();
          // At most the inbox, ready for requests that follow.
          expect(client.received).not.toMatch(/PUB|SUB (?!_INBOX)/);
        },
        { onError: () => {} },
      ),
  );
});

describe("a queue group with white space", () => {
  it.each(["a b", "a\tb", "a\r\nb", ""])(
    "is rejected before the server ends the connection: %j",
    async (queue) => {
      await expect(nats.subscribe("s2", () => {}, { queue })).rejects.toThrow(InvalidArgumentError);
      await nats.flush();
      expect(nats.getStats().reconnects).toBe(0);
    },
  );
});
