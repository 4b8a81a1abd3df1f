import { encodeUtf8 } from "../buffers/bytes.js";
import { InvalidArgumentError } from "../errors.js";
import type { ServerAddress } from "../protocol/server-address.js";
import { PieceReader } from "./piece-reader.js";
import type { Transport, TransportHandler } from "./transport.js";

/** Bytes inside the socket up to which more are given to it at once. */
const HIGH_WATER_MARK = 256 * 1024;
/** Milliseconds between two looks at what the socket still holds, which it does not tell by itself. */
const FIRST_LOOK = 1;
const LONGEST_LOOK = 64;
/** Bytes that may wait unread where nobody can ask the server to stop. */
const MOST_UNREAD = 64 * 1024 * 1024;

/** What is used of a WebSocket: the browser's own, or that of the package `ws`, which can do a little more. */
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
  /** Ends it at once. */
  terminate?(): void;
  pause?(): void;
  resume?(): void;
}

const OPEN = 1;

/**
 * Checks that the address and the options agree on encryption, which a WebSocket has from its beginning.
 *
 * @param server The server's address.
 * @param tls The option: `undefined` leaves it to the address.
 * @throws InvalidArgumentError
 */
export function checkEncryption(server: ServerAddress, tls: object | null | undefined): void {
  if (server.secure && tls === null) {
    throw new InvalidArgumentError("the options rule TLS out; write ws:// instead of wss://");
  }
  if (!server.secure && tls) {
    throw new InvalidArgumentError("the options ask for TLS; write wss:// instead of ws://");
  }
}

/**
 * Waits until a WebSocket is open.
 *
 * @param socket A WebSocket that is being opened.
 * @param handler Told what happens from then on.
 * @param signal Gives up when aborted.
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
 * A WebSocket. Where its messages begin and end means nothing: they are pieces of one stream of bytes.
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
    return Promise.reject(new InvalidArgumentError("a WebSocket is encrypted from its beginning"));
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
    if (this.#pieces.read(toBytes(data))) return;
    if (this.#socket.pause !== undefined) this.#socket.pause();
    else if (this.#pieces.waiting > MOST_UNREAD) {
      this.destroy();
      this.#socket.onclose = null;
      const why = `${this.#pieces.waiting} bytes wait unread, and a browser cannot ask the server to stop`;
      this.#handler.closed(new Error(why));
    }
  }

  /** @returns Whether more may be given to the socket now; otherwise `drained` will tell. */
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

/** @param data What a message holds: bytes of whatever make, or text where the server takes no care. */
function toBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  return typeof data === "string" ? encodeUtf8(data) : new Uint8Array(data as ArrayBuffer);
}

function end(socket: WebSocketLike): void {
  if (socket.terminate === undefined) socket.close();
  else socket.terminate();
}
