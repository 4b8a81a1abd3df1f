/** Opens streams in Node.js. `#transport` resolves to this file. */
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
 * Largest message of a WebSocket in bytes. A server sends all data that waits for a client as one
 * message: up to its `max_pending`, 64 MiB by default, and one more message of at most 64 MiB.
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
    // With a mask of zeros, the package would not copy the memory, and send it later, when it is in
    // use again.
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
    throw new InvalidArgumentError("a ws:// address needs the package ws: npm install ws", {
      cause,
    });
  }
}
