/**
 * Opens streams in a browser, with its own WebSocket. In bundles for browsers, `#transport`
 * resolves to this file.
 */
import { InvalidArgumentError } from "../errors.js";
import { formatServer } from "../protocol/server-address.js";
import type { Connect } from "./transport.js";
import { checkEncryption, openWebSocket, type WebSocketLike } from "./websocket.js";

type BrowserWebSocket = new (url: string) => WebSocketLike & { binaryType: string };

/** Accepts any options: the browser checks certificates, so the options have no effect. */
export function checkTls(): void {}

export const connect: Connect = async (server, handler, signal, tls) => {
  if (server.webSocketPath === undefined) {
    throw new InvalidArgumentError("a browser can connect only to ws:// and wss:// addresses");
  }
  checkEncryption(server, tls);
  const { WebSocket } = globalThis as unknown as { WebSocket: BrowserWebSocket };
  const socket = new WebSocket(formatServer(server));
  socket.binaryType = "arraybuffer";
  return openWebSocket(socket, handler, signal);
};
