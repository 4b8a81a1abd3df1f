import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import type { Prepare, Task } from "../work/work.js";

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
  const connection = await open(task.url);
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
  const publisher = await open(task.url);
  const subscriber = await open(task.url, `SUB ${task.subject} 1\r\n`);
  const chunk = repeated(frame(`PUB ${task.subject}`, task), task.window);
  const delivered = frame(`MSG ${task.subject} 1`, task).length * task.window;
  return async () => {
    for (let sent = 0; sent < task.messages; sent += task.window) {
      publisher.socket.write(chunk);
      await subscriber.received(delivered);
    }
  };
}

async function request(task: Task) {
  const { messages, window } = task;
  const requests = repeated(frame(`PUB ${task.subject} ${task.subject}.reply`, task), window);
  const replies = repeated(frame(`PUB ${task.subject}.reply`, task), window);
  const responder = await open(task.url, `SUB ${task.subject} 1\r\n`);
  const requester = await open(task.url, `SUB ${task.subject}.reply 1\r\n`);
  const write = (socket: Socket, bytes: Buffer, count: number) =>
    socket.write(bytes.subarray(0, (bytes.length / window) * count));
  responder.each(frame(`MSG ${task.subject} 1 ${task.subject}.reply`, task).length, (count) => {
    write(responder.socket, replies, count);
  });
  return () =>
    new Promise<void>((resolve) => {
      let unsent = messages;
      let missing = messages;
      const send = (count: number) => {
        const now = Math.min(count, unsent);
        unsent -= now;
        if (now > 0) write(requester.socket, requests, now);
      };
      requester.each(frame(`MSG ${task.subject}.reply 1`, task).length, (count) => {
        missing -= count;
        send(count);
        if (missing === 0) resolve();
      });
      send(window);
    });
}

/** A socket behind its handshake, on which arriving bytes are counted. */
class RawConnection {
  readonly socket: Socket;
  #onBytes: (count: number) => void = () => {};

  constructor(url: string) {
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

async function open(url: string, subscribe = ""): Promise<RawConnection> {
  const connection = new RawConnection(url);
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
