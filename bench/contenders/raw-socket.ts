import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import type { Prepare, Server, Task } from "../work/work.js";

/**
 * What the machine allows: bytes that were built before the clock started, and bytes that are counted
 * but never parsed. Every message has the same length, so a count of bytes is a count of messages.
 */
export const prepare: Prepare = (task) => {
  if (task.kind === "publish") return publish(task);
  if (task.kind === "publishSubscribe") return publishSubscribe(task);
  if (task.kind === "request") return request(task);
  throw new Error(`The raw socket does not know "${task.kind}".`);
};

const highWaterMark = 2 ** 20;

async function publish(task: Task) {
  const connection = await open(task.server);
  const { socket } = connection;
  const message = frame(`PUB ${task.subject}`, task);
  const perChunk = Math.max(1, Math.floor(2 ** 16 / message.length));
  const chunk = repeated(message, perChunk);
  return async () => {
    for (let left = task.messages; left > 0; left -= perChunk) {
      socket.write(left < perChunk ? chunk.subarray(0, left * message.length) : chunk);
      if (socket.writableLength > highWaterMark) await once(socket, "drain");
    }
    await connection.flush();
  };
}

async function publishSubscribe(task: Task) {
  const publisher = await open(task.server);
  const subscriber = await open(task.server, `SUB ${task.subject} 1\r\n`);
  const chunk = repeated(frame(`PUB ${task.subject}`, task), task.window);
  const delivered = frame(`MSG ${task.subject} 1`, task).length * task.window;
  return async () => {
    for (let sent = 0; sent < task.messages; sent += task.window) {
      publisher.socket.write(chunk);
      await subscriber.received(delivered);
    }
  };
}

/**
 * As many requests in flight as the window allows: one is sent for each reply that arrived, and one reply
 * for each request that arrived, with one write for all that one read brought. Each request has a reply
 * subject of its own under a wildcard, as those of clients have; the server has to look each up.
 */
async function request(task: Task) {
  const { messages, subject, window } = task;
  const inbox = `_INBOX.${"i".repeat(22)}`;
  const inboxes = Array.from({ length: messages }, (_, i) => `${inbox}.${10_000_000_000 + i}`);
  const requests = Buffer.concat(inboxes.map((reply) => frame(`PUB ${subject} ${reply}`, task)));
  const replies = Buffer.concat(inboxes.map((reply) => frame(`PUB ${reply}`, task)));
  const responder = await open(task.server, `SUB ${subject} 1\r\n`);
  const requester = await open(task.server, `SUB ${inbox}.* 1\r\n`);
  return () =>
    new Promise<void>((resolve) => {
      const ask = sender(requester.socket, requests, messages);
      const answer = sender(responder.socket, replies, messages);
      let missing = messages;
      responder.each(frame(`MSG ${subject} 1 ${inboxes[0]}`, task).length, answer);
      requester.each(frame(`MSG ${inboxes[0]} 1`, task).length, (count) => {
        missing -= count;
        ask(count);
        if (missing === 0) resolve();
      });
      ask(window);
    });
}

/** @returns Writes so many more of the messages, until there are none. */
function sender(socket: Socket, all: Buffer, messages: number): (count: number) => void {
  const length = all.length / messages;
  let sent = 0;
  return (count) => {
    const next = all.subarray(sent * length, (sent + count) * length);
    sent += count;
    if (next.length > 0) socket.write(next);
  };
}

/** A socket behind its handshake, on which arriving bytes are counted. */
class RawConnection {
  readonly socket: Socket;
  #onBytes: (count: number) => void = () => {};

  constructor({ url }: Server) {
    const { hostname, port } = new URL(url);
    const buffer = Buffer.alloc(2 ** 18);
    const onread = {
      buffer,
      callback: (count: number) => {
        this.#onBytes(count);
        return true;
      },
    };
    this.socket = connectTcp({ host: hostname, port: Number(port), noDelay: true, onread });
    this.text = (end) =>
      new Promise((resolve) => {
        let text = "";
        this.#onBytes = (count) => {
          text += buffer.toString("latin1", 0, count);
          if (text.endsWith(end)) resolve();
        };
      });
  }

  /** Resolves when what arrived from now on ends with this. */
  readonly text: (end: string) => Promise<void>;

  /** Resolves when so many bytes have arrived. */
  received(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      let missing = bytes;
      this.#onBytes = (count) => {
        missing -= count;
        if (missing === 0) resolve();
      };
    });
  }

  /** Calls the handler with the number of messages that are complete. */
  each(length: number, handler: (count: number) => void): void {
    let bytes = 0;
    this.#onBytes = (count) => {
      bytes += count;
      const complete = Math.floor(bytes / length);
      bytes -= complete * length;
      if (complete > 0) handler(complete);
    };
  }

  /** Resolves when the server has received what was written. */
  async flush(): Promise<void> {
    this.socket.write("PING\r\n");
    await this.received("PONG\r\n".length);
  }
}

async function open(server: Server, subscribe = ""): Promise<RawConnection> {
  const connection = new RawConnection(server);
  await connection.text("\r\n");
  // The server measures the round trip once, with a PING two seconds after the start; it would be
  // counted as a message. The benchmarks' server sends no other.
  connection.socket.write('CONNECT {"verbose":false}\r\n');
  await connection.text("PING\r\n");
  connection.socket.write(`PONG\r\n${subscribe}`);
  await connection.flush();
  return connection;
}

function frame(start: string, task: Task): Buffer {
  const size = Number(task.payload);
  return Buffer.from(`${start} ${size}\r\n${"x".repeat(size)}\r\n`, "latin1");
}

function repeated(message: Buffer, count: number): Buffer {
  return Buffer.alloc(message.length * count, message);
}
