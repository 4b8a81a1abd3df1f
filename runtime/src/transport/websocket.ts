import { encodeUtf8 } from "../buffers/bytes.js";
import { InvalidArgumentError } from "../errors.js";
import type { ServerAddress } from "../protocol/server-address.js";
import { PieceReader } from "./piece-reader.js";
import type { Transport, TransportHandler } from "./transport.js";

/** Number of bytes inside the socket up to which it gets more. */
const HIGH_WATER_MARK = 256 * 1024;
/** Milliseconds between two checks of the data in the socket, which has no event for it. */
const FIRST_LOOK = 1;
const LONGEST_LOOK = 64;

/**
 * The used part of a WebSocket: the browser's own, or the slightly larger one of the package `ws`.
 */
export interface WebSocketLike {
  readonly bufferedAmount: number;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { error?: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  /** Copies the bytes. */
  send(bytes: Uint8Array): void;
  close(): void;
  /** Closes it immediately. */
  terminate?(): void;
  pause?(): void;
  resume?(): void;
}

const OPEN = 1;

/**
 * Checks that the address and the options agree on encryption, because a WebSocket cannot change it
 * later.
 *
 * @param server The server's address.
 * @param tls The option: `undefined` leaves the decision to the address.
 * @throws InvalidArgumentError
 */
export function checkEncryption(server: ServerAddress, tls: object | null | undefined): void {
  if (server.secure && tls === null) {
    throw new InvalidArgumentError("the options exclude TLS; use ws:// instead of wss://");
  }
  if (!server.secure && tls) {
    throw new InvalidArgumentError("the options require TLS; use wss:// instead of ws://");
  }
}

/**
 * Waits until a WebSocket is open.
 *
 * @param socket A WebSocket that is connecting.
 * @param handler Receiver of its events from then on.
 * @param signal Cancels the attempt.
 */
export function openWebSocket(
  socket: WebSocketLike,
  handler: TransportHandler,
  signal: AbortSignal,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      end(socket);
    };
    signal.addEventListener("abort", abort, { once: true });
    let failure: unknown;
    socket.onerror = ({ error }) => {
      failure = error;
    };
    socket.onclose = ({ code }) => {
      signal.removeEventListener("abort", abort);
      reject(failure ?? new Error(`the WebSocket could not be opened (${code})`));
    };
    socket.onopen = () => {
      signal.removeEventListener("abort", abort);
      resolve(new WebSocketTransport(socket, handler));
    };
  });
}

/**
 * Transport over a WebSocket. The limits of its messages have no meaning: they are pieces of one
 * stream of bytes.
 */
class WebSocketTransport implements Transport {
  readonly #socket: WebSocketLike;
  readonly #handler: TransportHandler;
  readonly #pieces: PieceReader;
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: WebSocketLike, handler: TransportHandler) {
    this.#socket = socket;
    this.#handler = handler;
    this.#pieces = new PieceReader(handler);
    let failure: Error | undefined;
    socket.onmessage = ({ data }) => this.#read(data);
    socket.onerror = ({ error }) => {
      if (error instanceof Error) failure = error;
    };
    socket.onclose = ({ code, reason }) => {
      clearTimeout(this.#looking);
      const normal = code === 1000 || code === 1005;
      const why = `the WebSocket was closed with ${code}${reason === "" ? "" : `, ${reason}`}`;
      handler.closed(failure ?? (normal ? undefined : new Error(why)));
    };
  }

  get pausable(): boolean {
    return this.#socket.pause !== undefined;
  }

  get writable(): boolean {
    return this.#socket.readyState === OPEN;
  }

  write(bytes: Uint8Array): boolean {
    this.#socket.send(bytes);
    return this.#taken();
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    for (const piece of pieces) this.#socket.send(piece);
    return this.#taken();
  }

  secure(): Promise<void> {
    return Promise.reject(new InvalidArgumentError("an open WebSocket cannot be encrypted"));
  }

  resume(): void {
    if (this.#pieces.readOn()) this.#socket.resume?.();
  }

  end(): void {
    this.#socket.close();
  }

  destroy(): void {
    clearTimeout(this.#looking);
    this.#socket.onmessage = null;
    end(this.#socket);
  }

  #read(data: unknown): void {
    if (!this.#pieces.read(toBytes(data))) this.#socket.pause?.();
  }

  /** @returns `true` if the socket may get more now; otherwise `drained` is called later. */
  #taken(): boolean {
    if (this.#socket.bufferedAmount < HIGH_WATER_MARK) return true;
    this.#look(FIRST_LOOK);
    return false;
  }

  #look(delay: number): void {
    this.#looking = setTimeout(() => {
      if (this.#socket.bufferedAmount < HIGH_WATER_MARK) this.#handler.drained();
      else this.#look(Math.min(2 * delay, LONGEST_LOOK));
    }, delay);
  }
}

/**
 * @param data Content of a message: bytes of any type, or text from a server that does not
 * distinguish them.
 */
function toBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  return typeof data === "string" ? encodeUtf8(data) : new Uint8Array(data as ArrayBuffer);
}

function end(socket: WebSocketLike): void {
  if (socket.terminate === undefined) socket.close();
  else socket.terminate();
}
