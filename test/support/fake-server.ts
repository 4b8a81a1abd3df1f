import { EventEmitter, once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** First line of a server without special wishes. */
export const PLAIN_INFO =
  'INFO {"server_id":"test","version":"2.14.0","proto":1,"host":"127.0.0.1","port":0,"headers":true,"max_payload":1048576}\r\n';

/**
 * A server that says what the test tells it to, byte for byte. Give the script for each connection; it
 * gets a {@link FakeClient} to read from and write to.
 */
export async function startFakeServer(
  script: (client: FakeClient) => void | Promise<void>,
): Promise<FakeServer> {
  const server = new FakeServer(script);
  await server.listen();
  return server;
}

/** Made by {@link startFakeServer}. */
export class FakeServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #events = new EventEmitter();
  /** The clients that came, in order. */
  readonly clients: FakeClient[] = [];

  constructor(script: (client: FakeClient) => void | Promise<void>) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
      const client = new FakeClient(socket);
      this.clients.push(client);
      this.#events.emit("client");
      void script(client);
    });
  }

  /** @returns The client that came as the so-many-th, counted from 1, once it has come. */
  async client(number: number): Promise<FakeClient> {
    while (this.clients.length < number) await once(this.#events, "client");
    return this.clients[number - 1]!;
  }

  /** The address for clients. */
  get url(): string {
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** The client as the fake server sees it. */
export class FakeClient {
  readonly #socket: Socket;
  /** Not the socket's own events, so that waiting for text does not reject when the socket fails. */
  readonly #events = new EventEmitter();
  #received = "";

  constructor(socket: Socket) {
    this.#socket = socket.setEncoding("latin1");
    socket.setNoDelay(true);
    socket.on("data", (text: string) => {
      this.#received += text;
      this.#events.emit("grown");
    });
  }

  /** Everything that the client has sent, one character a byte. */
  get received(): string {
    return this.#received;
  }

  /** Sends text, one character a byte. */
  send(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** `true` while the client is connected. */
  get open(): boolean {
    return this.#socket.writable;
  }

  /** Ends the connection when everything is sent. */
  end(): void {
    this.#socket.end();
  }

  /** Ends the connection, as a server that dies does. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Stops reading, so that what the client sends piles up. */
  stall(): void {
    this.#socket.pause();
  }

  /** @returns Settles when the client has sent the text, or has sent it so many times. */
  async until(text: string, times = 1): Promise<void> {
    while (this.count(text) < times) await once(this.#events, "grown");
  }

  /** @returns The number of times that the client has sent the text. */
  count(text: string): number {
    return this.#received.split(text).length - 1;
  }

  /** INFO, then PONG for the client's PING: an ordinary handshake. */
  async greet(info = PLAIN_INFO): Promise<void> {
    this.send(info);
    await this.until("PING\r\n");
    this.send("PONG\r\n");
  }

  /** Answers every further PING. */
  async answerPings(): Promise<void> {
    for (let answered = 1; ; ) {
      await this.until("PING\r\n", answered + 1);
      answered++;
      this.send("PONG\r\n");
    }
  }
}
