import { jsonSerializer, NatsConnection, NatsKey, rawSerializer } from "alternats";
import { msgpackSerializer } from "alternats/msgpack";
import type { Connect } from "../work/client.js";
import { clientWorks } from "../work/client-works.js";

const serializers = { bytes: rawSerializer, json: jsonSerializer, msgpack: msgpackSerializer };

export const connect: Connect = async ({ url, ca }, subject, payload) => {
  const nats = new NatsConnection({
    servers: url,
    serializer: serializers[payload],
    tls: ca === undefined ? null : { ca },
  });
  await nats.connect();
  const key = new NatsKey(subject);
  return {
    post: (value) => nats.post(key, value),
    publish: (value) => nats.publish(key, value),
    flush: () => nats.flush(),
    subscribe: (handler) => nats.subscribe(key, handler),
    echo: () => nats.respond(key, (value) => value),
    request: (value) => nats.request(key, value),
  };
};

export const prepare = clientWorks(
  connect,
  async () => (await import("./alternats-streams.js")).connectStream,
);
