import { EventEmitter, once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";

/** Direction of bytes. */
export type Direction = "toServer" | "toClient";

/** One connection between a client and the server. */
interface Stream {
  /** Ways on which nothing is carried. */
  readonly stalled: Set<Direction>;
}

/**
 * Starts a network between clients and a server that does what networks do: see {@link Network}.
 *
 * @param target The server's port on this machine.
 */
export async function startNetwork(target: number): Promise<Network> {
  const network = new Network(target);
  await network.listen();
  return network;
}

/** Carries TCP streams, and can cut, stall, delay and fragment them. Made by {@link startNetwork}. */
export class Network implements AsyncDisposable {
  /** The server's port; those who come from now on are led there. */
  target: number;
  /** Milliseconds that every piece is held up. */
  delay = 0;
  /** `true` to carry bytes one by one. */
  singleBytes = false;
  /** Changes every piece on its way; an empty one swallows it. */
  alter: (bytes: Buffer) => Buffer = (bytes) => bytes;
  /** Streams that were begun so far. */
  accepted = 0;

  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<Stream>();
  readonly #events = new EventEmitter().setMaxListeners(0);

  constructor(target: number) {
    this.target = target;
    this.#server = createServer({ noDelay: true }, (client) => {
      this.accepted++;
      const server = connect({ port: this.target, host: "127.0.0.1", noDelay: true });
      const stream: Stream = { stalled: new Set() };
      this.#join(stream, client, server);
      void this.#carry(stream, client, server, "toServer");
      void this.#carry(stream, server, client, "toClient");
      this.#events.emit("accepted");
    });
  }

  /** The port for clients. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The address for clients. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** @returns Settles when so many streams have been begun. */
  async until(accepted: number): Promise<void> {
    while (this.accepted < accepted) await once(this.#events, "accepted");
  }

  /** Ends all streams at once, without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /**
   * Carries nothing any more on the streams that there are, and reads nothing either, so that the
   * sender's memory fills up. Neither side is told.
   */
  stall(...directions: Direction[]): void {
    for (const { stalled } of this.#streams) {
      for (const direction of directions) stalled.add(direction);
    }
  }

  /** Ends {@link stall}. */
  resume(): void {
    for (const { stalled } of this.#streams) stalled.clear();
    this.#events.emit("resumed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(stream: Stream, client: Socket, server: Socket): void {
    this.#streams.add(stream);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.#streams.delete(stream);
        // Whoever waits for this stream to go on need not any more.
        this.#events.emit("resumed");
        other.destroy();
      });
    }
  }

  async #carry({ stalled }: Stream, from: Socket, to: Socket, direction: Direction): Promise<void> {
    try {
      for await (const piece of from) {
        const bytes = this.alter(piece);
        if (bytes.length === 0) continue;
        while (stalled.has(direction) && !to.destroyed) await once(this.#events, "resumed");
        if (this.delay > 0) await setTimeout(this.delay);
        if (this.singleBytes) await this.#singly(bytes, to);
        else if (!to.write(bytes)) await Promise.race([once(to, "drain"), once(to, "close")]);
        if (to.destroyed) return;
      }
      to.end();
    } catch {
      // One of the two is gone, and the other with it.
    }
  }

  async #singly(bytes: Buffer, to: Socket): Promise<void> {
    for (let i = 0; i < bytes.length && !to.destroyed; i++) {
      to.write(bytes.subarray(i, i + 1));
      await setImmediate();
    }
  }
}
