import type { Connect } from "./client.js";
import { publish, publishEach } from "./publish.js";
import { publishSubscribe } from "./publish-subscribe.js";
import { request } from "./request.js";
import type { Prepare } from "./work.js";

const kinds = { publish, publishEach, publishSubscribe, request };

/** Every kind of work for a client library: the same code for all of them. */
export function clientWorks(connect: Connect): Prepare {
  return (task) => {
    const payload = typeof task.payload === "number" ? "bytes" : task.payload.as;
    return kinds[task.kind](() => connect(task.server, task.subject, payload), task);
  };
}
