import type { Client, Connect } from "../work/client.js";
import { publishSubscribe } from "../work/publish-subscribe.js";
import type { Prepare } from "../work/work.js";

/** What a client of Redis can do here: it knows no requests, and subscribes on a connection of its own. */
export type RedisClient = Pick<Client, "post" | "subscribe">;

/** {@link publishSubscribe} for a client of Redis, with bytes as payload. */
export function redisWorks(
  connect: (...args: Parameters<Connect>) => Promise<RedisClient>,
): Prepare {
  return (task) => {
    if (task.kind !== "publishSubscribe") throw new Error(`Redis does not know "${task.kind}".`);
    return publishSubscribe(() => connect(task.server, task.subject, "bytes"), task);
  };
}
