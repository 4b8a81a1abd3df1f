/** How streams are opened in Node.js. `#transport` stands for this file. */
import type { ClientOptions } from "ws";
import { InvalidArgumentError } from "../errors.js";
import { formatServer } from "../protocol/server-address.js";
import { shuffledLookup } from "./lookup.js";
import { connectTcp } from "./tcp.js";
import { tlsConnectionOptions } from "./tls.js";
import type { NatsTlsOptions } from "./tls-options.js";
import type { Connect, Target } from "./transport.js";
import { checkEncryption, openWebSocket, type WebSocketLike } from "./websocket.js";

/**
 * The largest message of a WebSocket. A server sends all that waits for a client as one: up to its
 * `max_pending`, 64 MiB by default, and one message more, of 64 MiB at most.
 */
const MOST_BYTES = 128 * 1024 * 1024;

export { checkTls } from "./tls.js";

export const connect: Connect = (server, handler, signal, tls) =>
  server.webSocketPath === undefined
    ? connectTcp(server, handler, signal, tls)
    : connectWebSocket(server, handler, signal, tls);

const connectWebSocket: Connect = async (server, handler, signal, tls) => {
  checkEncryption(server, tls);
  const options = await webSocketOptions(tls ?? {}, server);
  const { WebSocket } = await loadWebSocket();
  signal.throwIfAborted();
  const socket = new WebSocket(formatServer(server), options);
  return openWebSocket(socket as WebSocketLike, handler, signal);
};

async function webSocketOptions(
  tls: NatsTlsOptions,
  { host, tlsName = host, noRandomize }: Target,
): Promise<ClientOptions> {
  return {
    ...(await tlsConnectionOptions(tls, tlsName)),
    ...(!noRandomize && { lookup: shuffledLookup() }),
    perMessageDeflate: false,
    maxPayload: MOST_BYTES,
    // A mask of zeros would not be applied, and the memory then be sent later, when it is in use again.
    generateMask(mask) {
      crypto.getRandomValues(mask as Uint8Array<ArrayBuffer>);
      mask[0]! |= 1;
    },
  };
}

async function loadWebSocket() {
  try {
    return await import("ws");
  } catch (cause) {
    throw new InvalidArgumentError("a ws:// address needs a package: npm install ws", { cause });
  }
}
