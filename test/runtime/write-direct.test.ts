import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { type NatsConnection as Connection, NatsConnection } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: Connection;
let peer: Peer;

/** Texts of the messages that the official client gets on a subject. */
async function heardByPeer(subject: string): Promise<string[]> {
  const heard: string[] = [];
  peer.subscribe(subject, {
    callback: (_, message) => void heard.push(`${message.subject} ${message.string()}`),
  });
  await peer.flush();
  return heard;
}

beforeAll(async () => {
  broker = await startBroker({ monitoring: true });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("writeDirect", () => {
  it("writes protocol text unchanged: bytes once, lines as often as requested", async () => {
    const heard = await heardByPeer("direct");
    nats.writeDirect(new TextEncoder().encode("PUB direct 2\r\nhi\r\n"));
    nats.writeDirect("PUB direct 3\r\nyou", 3);
    await nats.flush();
    await peer.flush();
    expect(heard).toEqual(["direct hi", "direct you", "direct you", "direct you"]);
  });
});
