import { connect as connectNats, type Msg, type Payload } from "@nats-io/transport-node";
import { pack, unpack } from "msgpackr";
import type { Connect } from "../work/client.js";
import { clientWorks } from "../work/client-works.js";

const codecs = {
  bytes: { encode: (value: unknown) => value as Payload, decode: (m: Msg): unknown => m.data },
  json: {
    encode: (value: unknown) => JSON.stringify(value),
    decode: (m: Msg): unknown => m.json(),
  },
  msgpack: { encode: (value: unknown) => pack(value), decode: (m: Msg): unknown => unpack(m.data) },
};

/** The calls of the official client, on whatever connection has its interface. */
export function natsCore(open: typeof connectNats): Connect {
  return async ({ url, ca }, subject, payload) => {
    const nats = await open({ servers: url, tls: ca === undefined ? null : { ca } });
    const { encode, decode } = codecs[payload];
    return {
      post: (value) => nats.publish(subject, encode(value)),
      publish: (value) => {
        nats.publish(subject, encode(value));
        return undefined;
      },
      flush: () => nats.flush(),
      subscribe(handler) {
        nats.subscribe(subject, { callback: (_error, message) => handler(decode(message)) });
        return nats.flush();
      },
      echo() {
        nats.subscribe(subject, {
          callback(_error, message) {
            message.respond(encode(decode(message)));
          },
        });
        return nats.flush();
      },
      request: async (value) =>
        decode(await nats.request(subject, encode(value), { timeout: 10_000 })),
    };
  };
}

export const connect = natsCore(connectNats);
export const prepare = clientWorks(
  connect,
  async () => (await import("./nats-js-streams.js")).connectStream,
);
