import type { Prepare, Server, Task, WorkKind } from "./work.js";

/** A client library's way with a stream, as thin as the works need it. */
export interface StreamClient {
  /** Makes a stream of one subject, where there is none; resolves with how many messages it holds. */
  ensure(stream: string, subject: string): Promise<number>;
  /** Fills a stream. Resolves when the stream has all of it. */
  fill(subject: string, payload: Uint8Array, count: number): Promise<void>;
  /** Resolves when the stream has stored the message. */
  append(payload: Uint8Array): Promise<unknown>;
  /** The same with a random message id. */
  appendWithId(payload: Uint8Array): Promise<unknown>;
  /** Handles so many messages from the first on by a new durable consumer, each acknowledged. */
  consume(stream: string, durable: string, count: number): Promise<void>;
  /** Reads so many messages from the first on, in order. */
  replay(stream: string, count: number): Promise<void>;
}

/** @param subject What it appends to and reads. */
export type ConnectStream = (server: Server, subject: string) => Promise<StreamClient>;

const kinds = { append, appendWithId: append, consume, replay };

/** Whether a work is about streams. */
export function isStreamWork(kind: WorkKind): kind is keyof typeof kinds {
  return kind in kinds;
}

/** Every kind of work with streams for a client library: the same code for all of them. */
export function streamWorks(connect: ConnectStream): Prepare {
  return (task) => kinds[task.kind as keyof typeof kinds](connect, task);
}

const payloadOf = ({ payload }: Task) => Buffer.alloc(Number(payload), "x");

/** As many loops as the window allows, each awaiting its acknowledgement. */
async function append(connect: ConnectStream, task: Task) {
  const client = await connect(task.server, task.subject);
  await client.ensure(task.subject.replaceAll(".", "-"), task.subject);
  const payload = payloadOf(task);
  const call = task.kind === "appendWithId" ? client.appendWithId : client.append;
  return async () => {
    let left = task.messages;
    const loop = async () => {
      while (left-- > 0) await call(payload);
    };
    await Promise.all(Array.from({ length: task.window }, loop));
  };
}

/** What is read is the same stream for every contender, filled by the first. */
async function filled(connect: ConnectStream, task: Task) {
  const stream = `filled-${task.messages}`;
  const client = await connect(task.server, stream);
  const held = await client.ensure(stream, stream);
  if (held < task.messages) await client.fill(stream, payloadOf(task), task.messages - held);
  return { client, stream };
}

async function consume(connect: ConnectStream, task: Task) {
  const { client, stream } = await filled(connect, task);
  let sample = 0;
  return () =>
    client.consume(stream, `${task.subject.replaceAll(".", "-")}-${sample++}`, task.messages);
}

async function replay(connect: ConnectStream, task: Task) {
  const { client, stream } = await filled(connect, task);
  return () => client.replay(stream, task.messages);
}
