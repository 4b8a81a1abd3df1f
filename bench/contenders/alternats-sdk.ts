import { NatsConnection } from "alternats";
import { gameSdk } from "../sdk/game-sdk.js";
import { publishSubscribe } from "../work/publish-subscribe.js";
import type { Prepare } from "../work/work.js";

/** A generated SDK: typed handlers, codecs compiled from the schema, a key made once. */
export const prepare: Prepare = async (task) => {
  if (task.kind !== "publishSubscribe" || typeof task.payload === "number") {
    throw new Error("An SDK publishes values to handlers.");
  }
  const { Channels, Keys } = await gameSdk();
  const name = task.payload.as === "json" ? "hitJson" : "hitMsgpack";
  const channel = Channels[name];
  const params = Keys[name].read(task.subject);
  const key = Keys[name].at(params);
  return publishSubscribe(async () => {
    const nats = new NatsConnection({ servers: task.server.url });
    await nats.connect();
    return {
      post: (value) => channel.post(nats, key, value),
      subscribe: (handler) => channel.subscribe(nats, params, (message) => handler(message)),
    };
  }, task);
};
