import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { ConnectStream } from "../work/streams.js";

/** As many messages ahead as alternats takes by default. */
const CONSUMED_AHEAD = 512;
const REPLAYED_AHEAD = 4_096;

export const connectStream: ConnectStream = async ({ url }, subject) => {
  const nats = await connect({ servers: url });
  const client = jetstream(nats);
  const manager = await jetstreamManager(nats);
  return {
    async ensure(name, subject) {
      await manager.streams.add({ name, subjects: [subject], allow_direct: true });
      return (await manager.streams.info(name)).state.messages;
    },
    async fill(subject, payload, count) {
      for (let i = 1; i <= count; i++) {
        if (i % 2_000 === 0 || i === count) await client.publish(subject, payload);
        else nats.publish(subject, payload);
      }
    },
    append: (payload) => client.publish(subject, payload),
    appendWithId: (payload) => client.publish(subject, payload, { msgID: crypto.randomUUID() }),
    async consume(stream, durable, count) {
      await manager.consumers.add(stream, {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        max_ack_pending: -1,
      });
      const consumer = await client.consumers.get(stream, durable);
      let left = count;
      let done!: () => void;
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      const messages = await consumer.consume({
        max_messages: CONSUMED_AHEAD,
        callback(message) {
          message.ack();
          if (--left === 0) done();
        },
      });
      await all;
      await messages.close();
      await nats.flush();
    },
    async replay(stream, count) {
      const consumer = await client.consumers.get(stream);
      let left = count;
      for await (const _ of await consumer.consume({ max_messages: REPLAYED_AHEAD })) {
        if (--left === 0) break;
      }
    },
  };
};
