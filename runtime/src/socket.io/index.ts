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

export type { ClusterAdapterOptions } from "socket.io-adapter";

/** How the adapter behaves. Times are in milliseconds. */
export interface SocketIoAdapterOptions extends ClusterAdapterOptions {
  /** What the adapter's subjects begin with; `socket.io` by default. Servers with the same one form a cluster. */
  readonly prefix?: string;
}

/**
 * Connects Socket.IO servers over NATS: rooms, broadcasts, acknowledgements and `serverSideEmit` reach the
 * clients of all servers. Messages are MessagePack (`msgpackr`, an optional peer dependency), so that they
 * may hold bytes. Recovery of a client's missed messages ("connection state recovery") needs a store and is
 * not a part of it.
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
 * @param nats Carries the messages: one connection, since the members of a cluster rely on their order. It
 *   is not closed with the server.
 * @param options What the subjects begin with, and how members learn of each other.
 * @returns What Socket.IO's option `adapter` takes.
 * @throws InvalidSubjectError for a prefix that is none.
 * @see https://socket.io/docs/v4/cluster-adapter/
 */
export function socketIoAdapter(
  nats: NatsCommand,
  options: SocketIoAdapterOptions = {},
): (namespace: SocketIoNamespace) => ClusterAdapterWithHeartbeat {
  const { prefix = "socket.io", ...cluster } = options;
  if (new NatsKey(prefix).wildcard) throw wildcardInPublish(prefix);
  // Socket.IO calls it with `new`, which an arrow function does not take.
  return function adapter(namespace: SocketIoNamespace) {
    return new NatsAdapter(namespace, nats, prefix, cluster);
  };
}

/** What the adapter needs of a Socket.IO namespace. */
export interface SocketIoNamespace {
  /** The namespace's name, such as `/`. */
  readonly name: string;
}

class NatsAdapter extends ClusterAdapterWithHeartbeat {
  readonly #nats: NatsCommand;
  readonly #members: NatsKey;
  /** Where one member is reached, by its id. */
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
    // Names of namespaces may hold what a subject must not.
    const own = `${prefix}.${base64Url(encodeUtf8(namespace.name))}`;
    this.#members = new NatsKey(`${own}.all`);
    this.#member = (uid) => `${own}.to.${uid}`;
  }

  override async init(): Promise<void> {
    const options = { serializer: msgpackSerializer };
    const subscriptions = await Promise.all([
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
    ]);
    this.#subscriptions = subscriptions;
    if (this.#closed) this.#unsubscribe();
    // Tells the others, whose answers are heard by now.
    else super.init();
  }

  override close(): void {
    this.#closed = true;
    super.close();
    this.#unsubscribe();
  }

  protected override async doPublish(message: ClusterMessage): Promise<string> {
    await this.#nats.publish(this.#members, message, { serializer: msgpackSerializer });
    return "";
  }

  protected override async doPublishResponse(
    uid: string,
    response: ClusterResponse,
  ): Promise<void> {
    await this.#nats.publish(this.#member(uid), response, { serializer: msgpackSerializer });
  }

  #unsubscribe(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
  }
}
