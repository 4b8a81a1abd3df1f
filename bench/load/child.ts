import { argv } from "node:process";
import { setTimeout, setImmediate as turn } from "node:timers/promises";
import { NatsConnection, NatsKey, PendingLimitError, rawSerializer } from "alternats";
import { Conversation } from "./conversation.js";
import { type Memory, watchMemory } from "./memory.js";
import { Numbered } from "./numbered.js";

/** One of the processes under load; the other side is in load.ts. */
const cases = { fastPublisher, stalledSocket, slowSubscriber, slowLoop };
const [, , name, url] = argv as [string, string, keyof typeof cases, string];
/** Messages that may wait for those that are slow. */
const maxBuffered = 10_000;
const parent = new Conversation(process);
const nats = new NatsConnection({ servers: url, serializer: rawSerializer, onError: () => {} });
const key = new NatsKey("load");
await nats.connect();
await cases[name]();
await nats.close();
process.exit();

/** Awaits every publish, as fast as it can. */
async function fastPublisher(): Promise<void> {
  const sent = 2_000_000;
  const memory = await begin();
  const payload = Buffer.alloc(16);
  for (let i = 0; i < sent; i++) await nats.publish(key, Numbered.write(payload, i));
  await nats.flush();
  parent.tell({ sent, refused: 0, memory: memory() });
  await parent.hear();
}

/** Posts to a server that stands still, until it is refused, and on. */
async function stalledSocket(): Promise<void> {
  const memory = await begin();
  const payload = Buffer.alloc(128);
  let sent = 0;
  let refused = 0;
  for (const end = Date.now() + 2000; Date.now() < end; await turn()) {
    try {
      for (let i = 0; i < 1000; i++) {
        nats.post(key, Numbered.write(payload, sent));
        sent++;
      }
    } catch (error) {
      if (!(error instanceof PendingLimitError)) throw error;
      refused++;
      await setTimeout(1);
    }
  }
  parent.tell("enough");
  await nats.flush({ timeout: 60_000 });
  parent.tell({ sent, refused, memory: memory() });
  await parent.hear();
}

/** A handler that is slower than its messages: the reading pauses, what waits stays at the server. */
async function slowSubscriber(): Promise<void> {
  const numbered = new Numbered();
  let total = Number.POSITIVE_INFINITY;
  let check = () => {};
  await nats.subscribe<Uint8Array>(
    key,
    async (payload) => {
      numbered.take(payload);
      check();
      if (numbered.arrived % 100 === 0) await setTimeout(1);
    },
    { concurrency: 1, maxBuffered },
  );
  const memory = await begin();
  total = await parent.hear<number>();
  await new Promise<void>((resolve) => {
    check = () => numbered.arrived === total && resolve();
    check();
  });
  parent.tell({ ...numbered.result, dropped: 0, memory: memory() });
  await parent.hear();
}

/** A loop that is slower than its messages: what finds the buffer full is dropped and counted. */
async function slowLoop(): Promise<void> {
  const numbered = new Numbered();
  const messages = nats.messages<Uint8Array>(key, { maxBuffered });
  await messages.ready;
  const memory = await begin();
  void parent.hear().then(async () => {
    await nats.flush();
    messages.unsubscribe();
  });
  for await (const { value } of messages) {
    numbered.take(value);
    if (numbered.arrived % 100 === 0) await setTimeout(1);
  }
  parent.tell({ ...numbered.result, dropped: messages.dropped, memory: memory() });
  await parent.hear();
}

/** Waits until the other side is ready too, and watches the memory from then on. */
async function begin(): Promise<() => Memory> {
  parent.tell("ready");
  await parent.hear();
  return watchMemory();
}
