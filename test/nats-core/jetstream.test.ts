import {
  AckPolicy,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { connect as connectPeer, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { serverSince } from "../support/server-version.js";
import { bothConnects } from "./support.js";

let broker: Broker;
let peer: NatsConnection;
beforeAll(async () => {
  broker = await startBroker({ jetStream: true });
  peer = await connectPeer({ servers: broker.url });
});
afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe.each(bothConnects)("@nats-io/jetstream on %s", (name, connect) => {
  const stream = name.startsWith("our") ? "OURS" : "THEIRS";
  let nc: NatsConnection;
  let js: JetStreamClient;
  let manager: JetStreamManager;
  beforeAll(async () => {
    nc = await connect({ servers: broker.url });
    js = jetstream(nc);
    manager = await jetstreamManager(nc);
  });
  afterAll(() => nc.close());

  const take = async (messages: AsyncIterable<JsMsg>, count: number) => {
    const taken: string[] = [];
    for await (const message of messages) {
      taken.push(`${message.seq} ${message.subject} ${message.string()}`);
      message.ack();
      if (taken.length === count) break;
    }
    return taken;
  };

  it("creates a stream that the other side sees", async () => {
    const { config, state } = await manager.streams.add({
      name: stream,
      subjects: [`${stream}.>`],
      allow_direct: true,
    });
    expect(config).toMatchObject({ name: stream, subjects: [`${stream}.>`] });
    expect(state.messages).toBe(0);
    const seen = await (await jetstreamManager(peer)).streams.info(stream);
    expect(seen.config).toEqual(config);
    expect(await manager.streams.names().next()).toContain(stream);
  });

  it("publishes with acknowledgement, reports duplicates, and rejects a wrong sequence", async () => {
    for (let i = 1; i <= 10; i++) {
      const ack = await js.publish(`${stream}.a`, `m${i}`, { msgID: `id-${i}` });
      expect(ack).toMatchObject({ stream, seq: i, duplicate: false });
    }
    expect(await js.publish(`${stream}.a`, "again", { msgID: "id-3" })).toMatchObject({
      seq: 3,
      duplicate: true,
    });
    await expect(
      js.publish(`${stream}.a`, "wrong", { expect: { lastSequence: 4 } }),
    ).rejects.toMatchObject({ name: "JetStreamApiError", code: 10071 });
  });

  it("reports that no stream stores a subject", async () => {
    await expect(js.publish("nowhere", "x", { retries: 0 })).rejects.toThrow(
      "jetstream is not enabled",
    );
  });

  it("pulls through a durable consumer: next, fetch, consume", async () => {
    await manager.consumers.add(stream, { durable_name: "worker", ack_policy: AckPolicy.Explicit });
    const consumer = await js.consumers.get(stream, "worker");
    const first = await consumer.next();
    expect(first?.string()).toBe("m1");
    expect(await first?.ackAck()).toBe(true);
    expect(await take(await consumer.fetch({ max_messages: 4 }), 4)).toEqual(
      [2, 3, 4, 5].map((i) => `${i} ${stream}.a m${i}`),
    );
    expect(await take(await consumer.consume(), 5)).toEqual(
      [6, 7, 8, 9, 10].map((i) => `${i} ${stream}.a m${i}`),
    );
    // The server takes acknowledgements in when it finds the time.
    await expect
      .poll(async () => (await consumer.info()).ack_floor.stream_seq, { interval: 5 })
      .toBe(10);
    expect((await consumer.info()).num_pending).toBe(0);
    expect(await consumer.next({ expires: 1_000 })).toBeNull();
  });

  it("redelivers a message after a negative acknowledgement", async () => {
    await manager.consumers.add(stream, {
      durable_name: "careful",
      ack_policy: AckPolicy.Explicit,
      opt_start_seq: 10,
      deliver_policy: DeliverPolicy.StartSequence,
    });
    const consumer = await js.consumers.get(stream, "careful");
    const message = await consumer.next();
    message?.nak();
    const again = await consumer.next();
    expect([again?.seq, again?.redelivered]).toEqual([10, true]);
    again?.term("enough");
  });

  it("reads in order with an ordered consumer, even after the subscription is created again", async () => {
    const consumer = await js.consumers.get(stream, {
      opt_start_seq: 4,
      deliver_policy: "by_start_sequence" as DeliverPolicy,
    });
    expect(await take(await consumer.consume({ max_messages: 2 }), 7)).toEqual(
      [4, 5, 6, 7, 8, 9, 10].map((i) => `${i} ${stream}.a m${i}`),
    );
  });

  it("pushes through a push consumer", async () => {
    await manager.consumers.add(stream, {
      durable_name: "pushed",
      ack_policy: AckPolicy.None,
      deliver_subject: `${name.slice(0, 3)}.deliver`,
      flow_control: true,
      idle_heartbeat: 5_000_000_000,
    });
    const consumer = await js.consumers.getPushConsumer(stream, "pushed");
    const taken: number[] = [];
    for await (const message of await consumer.consume()) {
      taken.push(message.seq);
      if (taken.length === 10) break;
    }
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("gets messages directly: by sequence, by subject", async () => {
    expect((await manager.direct.getMessage(stream, { seq: 3 }))?.string()).toBe("m3");
    expect((await manager.direct.getMessage(stream, { last_by_subj: `${stream}.a` }))?.seq).toBe(
      10,
    );
    expect(await manager.direct.getMessage(stream, { seq: 99 })).toBeNull();
  });

  it.runIf(serverSince("2.11"))("gets a batch of messages directly", async () => {
    const batch: number[] = [];
    for await (const { seq } of await manager.direct.getBatch(stream, { seq: 8, batch: 3 })) {
      batch.push(seq);
    }
    expect(batch).toEqual([8, 9, 10]);
  });
});
