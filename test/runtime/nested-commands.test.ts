import { connect as connectPeer, type NatsConnection as Peer } from "@nats-io/transport-node";
import { jsonSerializer, NatsConnection, type NatsOptions, NestedCommandError } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let peer: Peer;

/** Messages that the official client receives below a subject, as `subject payload`. */
async function heard(prefix: string): Promise<string[]> {
  const texts: string[] = [];
  peer.subscribe(`${prefix}.>`, {
    callback: (_, message) => void texts.push(`${message.subject} ${message.string()}`),
  });
  await peer.flush();
  return texts;
}

function connection(options: NatsOptions = {}): NatsConnection {
  return new NatsConnection({ servers: broker.url, onError: () => {}, ...options });
}

beforeAll(async () => {
  broker = await startBroker();
  peer = await connectPeer({ servers: broker.url });
});

afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("a serializer that uses the connection", () => {
  it("gets a NestedCommandError, and its own message is complete", async () => {
    await using nats = connection();
    const got = await heard("nested");
    const caught: unknown[] = [];
    const attempts = [
      () => nats.post("nested.inner", 1),
      () => nats.postBatch([["nested.inner", 1]]),
      () => nats.writeDirect("PING"),
    ];
    const attempt = (): void => {
      for (const use of attempts) {
        try {
          use();
        } catch (error) {
          caught.push(error);
        }
      }
    };
    nats.post("nested.method", {
      toJSON() {
        attempt();
        return { x: 1 };
      },
    });
    nats.post("nested.getter", {
      get x() {
        attempt();
        return 2;
      },
    });
    const own = {
      ...jsonSerializer,
      serialize(value: unknown, writer: { utf8(text: string): void }) {
        writer.utf8(JSON.stringify(value).slice(0, 1));
        attempt();
        writer.utf8(JSON.stringify(value).slice(1));
      },
    };
    nats.post("nested.serializer", "three", { serializer: own });
    await nats.flush();
    await peer.flush();
    expect(got).toEqual([
      'nested.method {"x":1}',
      'nested.getter {"x":2}',
      'nested.serializer "three"',
    ]);
    expect(caught).toHaveLength(9);
    for (const error of caught) expect(error).toBeInstanceOf(NestedCommandError);
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("fails with the NestedCommandError if it does not catch it", async () => {
    await using nats = connection();
    const got = await heard("uncaught");
    expect(() =>
      nats.post("uncaught.outer", { toJSON: () => nats.post("uncaught.inner", 1) }),
    ).toThrow(NestedCommandError);
    nats.post("uncaught.next", 1);
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["uncaught.next 1"]);
  });

  it("can end a subscription, and the UNSUB follows after the command", async () => {
    await using nats = connection();
    const got: unknown[] = [];
    const subscription = await nats.subscribe("half", (value) => void got.push(value));
    const toJSON = () => {
      subscription.unsubscribe();
      return "written";
    };
    const elsewhere = await heard("elsewhere");
    nats.post("elsewhere.x", { toJSON });
    await nats.flush();
    nats.post("half", "nobody is there");
    await nats.flush();
    await peer.flush();
    expect(elsewhere).toEqual(['elsewhere.x "written"']);
    expect(nats.getStats()).toMatchObject({ subscriptions: 0, receivedMessages: 0 });
    expect(got).toEqual([]);
  });
});
