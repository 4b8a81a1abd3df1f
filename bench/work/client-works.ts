import type { Connect } from "./client.js";
import { publish, publishEach } from "./publish.js";
import { publishSubscribe } from "./publish-subscribe.js";
import { request } from "./request.js";
import { type ConnectStream, isStreamWork, streamWorks } from "./streams.js";
import type { Prepare } from "./work.js";

const kinds = { publish, publishEach, publishSubscribe, request };

/**
 * Every kind of work for a client library: the same code for all of them.
 *
 * @param streams Loads the library's way with streams, where it has one.
 */
export function clientWorks(connect: Connect, streams?: () => Promise<ConnectStream>): Prepare {
  return async (task) => {
    if (isStreamWork(task.kind)) {
      if (streams === undefined) throw new Error("It has no streams.");
      return streamWorks(await streams())(task);
    }
    const payload = typeof task.payload === "number" ? "bytes" : task.payload.as;
    return kinds[task.kind](() => connect(task.server, task.subject, payload), task);
  };
}
