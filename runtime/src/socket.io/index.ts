import {
  type ClusterAdapterOptions,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
} from "socket.io-adapter";
import { base64Url } from "../buffers/base64-url.js";
import { encodeUtf8 } from "../buffers/bytes.js";
import type { NatsCommand, Subscription } from "../commands/nats-command.js";
import { NatsKey } from "../protocol/nats-key.js";
import { wildcardInPublish } from "../protocol/subject.js";
import { msgpackSerializer } from "../serialization/msgpack.js";
import { reportable } from "../waiting/call.js";

export type { ClusterAdapterOptions } from "socket.io-adapter";

/** Options of the adapter. Times are in milliseconds. */
export interface SocketIoAdapterOptions extends ClusterAdapterOptions {
  /**
   * First part of the adapter's subjects; default `socket.io`. Servers with the same prefix form a
   * cluster.
   */
  readonly prefix?: string;
}

/**
 * Connects Socket.IO servers over NATS: rooms, broadcasts, acknowledgements and `serverSideEmit`
 * reach the clients of all servers. Messages are MessagePack (`msgpackr`, an optional peer
 * dependency), so they may contain bytes. The adapter does not support recovery of missed messages
 * ("connection state recovery"), which needs a store.
 *
 * ```ts
 * import { NatsConnection } from "alternats";
 * import { socketIoAdapter } from "alternats/socket.io";
 * import { Server } from "socket.io";
 *
 * const nats = new NatsConnection({ servers: "nats://localhost:4222" });
 * const io = new Server(3000, { adapter: socketIoAdapter(nats) });
 * ```
 *
 * @param nats One connection, because the members of a cluster rely on the order of messages. The
 * adapter does not close it.
 * @param options The prefix of the subjects, and the timing of heartbeats.
 * @returns The value for Socket.IO's option `adapter`.
 * @throws InvalidSubjectError if the prefix is invalid.
 * @see https://socket.io/docs/v4/cluster-adapter/
 */
export function socketIoAdapter(
  nats: NatsCommand,
  options: SocketIoAdapterOptions = {},
): (namespace: SocketIoNamespace) => ClusterAdapterWithHeartbeat {
  const { prefix = "socket.io", ...cluster } = options;
  if (new NatsKey(prefix).wildcard) throw wildcardInPublish(prefix);
  // Socket.IO calls it with `new`, which an arrow function does not support.
  return function adapter(namespace: SocketIoNamespace) {
    return new NatsAdapter(namespace, nats, prefix, cluster);
  };
}

/** The part of a Socket.IO namespace that the adapter uses. */
export interface SocketIoNamespace {
  /** The namespace's name, such as `/`. */
  readonly name: string;
}

class NatsAdapter extends ClusterAdapterWithHeartbeat {
  readonly #nats: NatsCommand;
  readonly #members: NatsKey;
  /** Subject of one member, by its id. */
  readonly #member: (uid: string) => string;
  #subscriptions: Subscription[] = [];
  #closed = false;

  constructor(
    namespace: SocketIoNamespace,
    nats: NatsCommand,
    prefix: string,
    options: ClusterAdapterOptions,
  ) {
    super(namespace, options);
    this.#nats = nats;
    // Names of namespaces may contain characters that are invalid in a subject.
    const own = `${prefix}.${base64Url(encodeUtf8(namespace.name))}`;
    this.#members = new NatsKey(`${own}.all`);
    this.#member = (uid) => `${own}.to.${uid}`;
  }

  override async init(): Promise<void> {
    const options = { serializer: msgpackSerializer };
    const subscriptions = await this.#reported(
      Promise.all([
        this.#nats.subscribe(
          this.#members,
          (message) => this.onMessage(message as ClusterMessage),
          options,
        ),
        this.#nats.subscribe(
          this.#member(this.uid),
          (response) => this.onResponse(response as ClusterResponse),
          options,
        ),
      ]),
    );
    this.#subscriptions = subscriptions;
    if (this.#closed) this.#unsubscribe();
    // Announces this member to the others; their replies already have a subscription.
    else super.init();
  }

  override close(): void {
    this.#closed = true;
    super.close();
    this.#unsubscribe();
  }

  protected override async doPublish(message: ClusterMessage): Promise<string> {
    await this.#publish(this.#members, message);
    return "";
  }

  protected override doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
    return this.#publish(this.#member(uid), response);
  }

  #publish(key: NatsKey | string, message: ClusterMessage | ClusterResponse): Promise<void> {
    return this.#reported(this.#nats.publish(key, message, { serializer: msgpackSerializer }));
  }

  /** Reports a failure: Socket.IO awaits the adapter's calls, but does not pass their errors on. */
  async #reported<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      this.#nats.report(reportable(error));
      throw error;
    }
  }

  #unsubscribe(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
  }
}
