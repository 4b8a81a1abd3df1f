import { createClient } from "redis";
import { redisWorks } from "./redis.js";

export const prepare = redisWorks(async ({ url }, subject) => {
  const redis = createClient({ socket: { path: url, tls: false } });
  await redis.connect();
  return {
    post: (value) => void redis.publish(subject, value as Buffer),
    subscribe: (handler) => redis.subscribe(subject, handler, true),
  };
});
