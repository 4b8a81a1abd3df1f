import { fileURLToPath } from "node:url";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type Broker, startBroker } from "alternats-broker";
import { Conversation } from "./conversation.js";
import type { Memory } from "./memory.js";
import { Numbered } from "./numbered.js";

/** How alternats stood a load. */
export interface LoadResult {
  readonly name: string;
  /** Messages that were accepted for sending. */
  readonly sent: number;
  /** Messages that the other side got, or the handler. */
  readonly arrived: number;
  /** Messages that the subscriber dropped and counted. */
  readonly dropped: number;
  /** Times that a post was refused because too much waited. */
  readonly refused: number;
  /** Whether what arrived came in the order it was sent. */
  readonly inOrder: boolean;
  /** Of the process with alternats. */
  readonly memory: Memory;
}

type Outcome = Omit<LoadResult, "name">;

const child = fileURLToPath(new URL("./child.js", import.meta.url));
// What is slow here is to stay connected: the server may keep what it cannot deliver yet.
const config = 'max_pending: 1GB\nwrite_deadline: "60s"';

/** One after the other, alternats on one side and nats.js on the other. @param node The executable. */
export async function underLoad(node: string): Promise<LoadResult[]> {
  const run = async (
    name: string,
    of: string,
    other: (child: Conversation, nats: NatsConnection, broker: Broker) => Promise<Outcome>,
  ): Promise<LoadResult> => {
    await using broker = await startBroker({ config });
    const nats = await connect({ servers: broker.url });
    const conversation = Conversation.fork(child, [of, broker.url], node);
    try {
      return { name, ...(await other(conversation, nats, broker)) };
    } finally {
      await conversation.end();
      await nats.close();
    }
  };
  return [
    await run("a slow subscriber with `concurrency: 1`", "slowSubscriber", publishAll),
    await run("a slow loop over `messages`", "slowLoop", publishAll),
    await run("a fast publisher, every `publish` awaited", "fastPublisher", listen),
    await run("a stalled socket, `post` until refused", "stalledSocket", stall),
  ];
}

/** Publishes faster than the child takes it. */
async function publishAll(child: Conversation, nats: NatsConnection): Promise<Outcome> {
  const sent = 300_000;
  await child.hear();
  child.tell("begin");
  for (let i = 0; i < sent; i++) {
    nats.publish("load", Numbered.write(Buffer.alloc(128), i));
    if (i % 5000 === 0) await nats.flush();
  }
  await nats.flush();
  child.tell(sent);
  return { sent, refused: 0, ...(await child.hear<Omit<Outcome, "sent" | "refused">>()) };
}

/** Takes what the child publishes. @param meanwhile Done before it begins, and when it is under way. */
async function listen(
  child: Conversation,
  nats: NatsConnection,
  _broker: Broker,
  meanwhile = { before: async () => {}, after: async () => {} },
): Promise<Outcome> {
  const numbered = new Numbered();
  let check = () => {};
  nats.subscribe("load", {
    callback(_error, message) {
      numbered.take(message.data);
      check();
    },
  });
  await nats.flush();
  await child.hear();
  await meanwhile.before();
  child.tell("begin");
  await meanwhile.after();
  const told = await child.hear<Pick<Outcome, "sent" | "refused" | "memory">>();
  await new Promise<void>((resolve) => {
    check = () => numbered.arrived >= told.sent && resolve();
    check();
  });
  return { ...told, dropped: 0, ...numbered.result };
}

/** Takes what the child publishes, but the server stands still until the child has enough. */
function stall(child: Conversation, nats: NatsConnection, broker: Broker): Promise<Outcome> {
  return listen(child, nats, broker, {
    before: () => broker.pause(),
    async after() {
      await child.hear();
      broker.resume();
    },
  });
}
