import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Number of posts in a row before it asks for a pause. */
const BURST = 5;
const REST = 0.1; // seconds

/**
 * Receiver of the notifier's webhook, for the demo: counts lines, and asks for a pause from time to
 * time.
 */
export class WebhookReceiver implements AsyncDisposable {
  /** Lines that were posted. */
  lines = 0;
  /** Accepted posts. */
  posts = 0;
  readonly #server: Server;
  #inRow = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (++this.#inRow > BURST) {
          this.#inRow = 0;
          response.writeHead(429, { "retry-after": String(REST) }).end();
          return;
        }
        const { content } = JSON.parse(Buffer.concat(chunks).toString()) as { content: string };
        this.lines += content.split("\n").length;
        this.posts++;
        response.writeHead(204).end();
      });
    });
  }

  /** Starts it on a free port. */
  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  /** Address for the notifier. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhook`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
