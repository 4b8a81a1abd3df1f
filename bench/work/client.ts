import type { Server } from "./work.js";

/** One connection of a client library, as thin as the works need it. Publishes and subscribes on one subject. */
export interface Client {
  /** Publishes and does not wait. */
  post(value: unknown): void;

  /**
   * Publishes and waits as the library wants to be waited for.
   *
   * @returns `undefined` where the library has no answer to how much it takes.
   */
  publish(value: unknown): Promise<void> | undefined;

  /** Resolves when the server has received all that was published. */
  flush(): Promise<unknown>;

  /** Resolves when the server listens. @param handler Gets each value, which it may keep. */
  subscribe(handler: (value: unknown) => void): Promise<unknown>;

  /** Answers each request with its own value. Resolves when the server listens. */
  echo(): Promise<unknown>;

  /** @returns The reply's value. */
  request(value: unknown): Promise<unknown>;
}

/**
 * Opens a connection.
 *
 * @param server The server.
 * @param subject What it publishes on and listens to.
 * @param payload How values are written: bytes as they are, or through a serializer.
 */
export type Connect = (
  server: Server,
  subject: string,
  payload: "bytes" | "json" | "msgpack",
) => Promise<Client>;
