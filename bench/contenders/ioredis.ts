import { Redis } from "ioredis";
import { redisWorks } from "./redis.js";

export const prepare = redisWorks(async ({ url }, subject) => {
  const redis = new Redis({ path: url, lazyConnect: true, enableAutoPipelining: true });
  await redis.connect();
  return {
    post: (value) => void redis.publish(subject, value as Buffer),
    async subscribe(handler) {
      redis.on("messageBuffer", (_channel, message) => handler(message));
      await redis.subscribe(subject);
    },
  };
});
