import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { NatsConnection } from "alternats";
import { append, type JetStreamError } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { hit } from "./game.js";

const params = { server: "eu-1", player: "7" };

/** Contents of the answers of a stream, in the order of arrival. */
const ANSWERS: [text: string, said: object | undefined][] = [
  ['{"stream":"GAME", "seq":1}', { stream: "GAME", sequence: 1, duplicate: false }],
  ['{"stream":"GAME", "seq":20}', { stream: "GAME", sequence: 20, duplicate: false }],
  ['{"stream":"GAME", "seq":21,"duplicate": true}', { sequence: 21, duplicate: true }],
  ['{"stream":"GAMES", "seq":22}', { stream: "GAMES", sequence: 22 }],
  ['{"stream":"GAME", "seq":23}', { stream: "GAME", sequence: 23 }],
  ['{"stream":"GAME","seq":24}', { stream: "GAME", sequence: 24 }],
  ['{"stream":"GAME","seq":25, "domain":"hub"}', { stream: "GAME", sequence: 25 }],
  ['{"stream":"GAME","seq":9007199254740991}', { sequence: 9007199254740991 }],
  ['{"stream":"a \\"quoted\\" one", "seq":26}', { stream: 'a "quoted" one', sequence: 26 }],
  ['{"stream":"SPIELSTÄNDE", "seq":27}', { stream: "SPIELSTÄNDE", sequence: 27 }],
  ['{"stream":"SPIELSTÄNDE", "seq":28}', { stream: "SPIELSTÄNDE", sequence: 28 }],
  ['{"stream":"SPIELSTÄNDE", "seq":}', undefined],
  ['{"stream":"SPIELSTÄNDE", "seq":2x}', undefined],
  ['{"stream":"SPIELSTÄNDE", "seq":"29"}', undefined],
  ['{"stream":"SPIELSTÄNDE"}', undefined],
  ["null", undefined],
  ["", undefined],
];

describe("the answer to an append", () => {
  it("is read as it is written, whatever the one before was", async () => {
    await using broker = await startBroker();
    const peer = await connect({ servers: broker.url });
    let next = 0;
    peer.subscribe("game.>", {
      callback: (_, message) => void message.respond(ANSWERS[next++]![0]),
    });
    await peer.flush();
    await using nats = new NatsConnection({ servers: broker.url });
    for (const [text, said] of ANSWERS) {
      const appending = append(nats, hit, params, { n: 1 }, { messageId: false });
      if (said !== undefined) expect(await appending, text).toMatchObject(said);
      else {
        const error = await appending.catch((error: JetStreamError) => error);
        expect(error, text).toMatchObject({
          message: expect.stringContaining("not from a stream"),
        });
      }
    }
    await peer.close();
  });

  it("names the stream and the sequence, by turns of two streams", async () => {
    await using broker = await startBroker({ jetStream: true });
    const peer = await connect({ servers: broker.url });
    const { streams } = await jetstreamManager(peer);
    await streams.add({ name: "ONE", subjects: ["game.eu-1.>"] });
    await streams.add({ name: "TWO", subjects: ["game.us-1.>"] });
    await using nats = new NatsConnection({ servers: broker.url });
    for (let sequence = 1; sequence <= 12; sequence++) {
      const one = append(nats, hit, params, { n: 1 }, { messageId: false });
      const two = append(nats, hit, { ...params, server: "us-1" }, { n: 1 });
      expect(await one).toEqual({ stream: "ONE", sequence, duplicate: false });
      expect(await two).toEqual({ stream: "TWO", sequence, duplicate: false });
    }
    await peer.close();
  });
});
