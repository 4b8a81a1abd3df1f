import { NatsConnection } from "alternats";
import { append, consume, ensureStreams, replay } from "alternats/jetstream";
import { bytes, channel, type NoParams, subject as subjectOf } from "alternats/sdk";
import type { ConnectStream } from "../work/streams.js";

const WITHOUT_ID = { messageId: false } as const;

export const connectStream: ConnectStream = async ({ url }, subject) => {
  const nats = new NatsConnection({ servers: url });
  const messages = channel<NoParams, Uint8Array>(subjectOf(subject), bytes());
  return {
    async ensure(name, subject) {
      await ensureStreams(nats, [{ config: { name, subjects: [subject] } }]);
      const { state } = await nats.request<{ state: { messages: number } }>(
        `$JS.API.STREAM.INFO.${name}`,
      );
      return state.messages;
    },
    async fill(subject, payload, count) {
      for (let i = 1; i <= count; i++) {
        // Streams refuse what comes faster than they store it: an acknowledgement now and then sets the pace.
        if (i % 2_000 === 0 || i === count) await append(nats, messages, payload);
        else nats.post(subject, payload);
      }
    },
    append: (payload) => append(nats, messages, payload, WITHOUT_ID),
    appendWithId: (payload) => append(nats, messages, payload),
    async consume(stream, durable, count) {
      let left = count;
      let done!: () => void;
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      const handler = () => {
        if (--left === 0) done();
      };
      const worker = await consume(nats, messages, handler, { stream, durable });
      await all;
      await worker.drain();
    },
    async replay(stream, count) {
      let left = count;
      for await (const _ of replay(nats, messages, { from: "first", stream })) {
        if (--left === 0) break;
      }
    },
  };
};
