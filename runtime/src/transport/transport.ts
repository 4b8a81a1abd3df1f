import type { ServerAddress } from "../protocol/server-address.js";
import type { NatsTlsOptions } from "./tls-options.js";

/** Receiver of the events of an open transport. */
export interface TransportHandler {
  /**
   * Destination of the transport's next read, from the first byte on. Another one after a read; empty after the handler
   * has stopped reading.
   */
  readonly window: Uint8Array;
  /**
   * Called after bytes were read into the {@link window}.
   *
   * @returns `true` to continue reading; `false` to pause until {@link Transport.resume}.
   */
  read(length: number): boolean;
  /** Called when all written data has been taken; its memory may be reused. */
  drained(): void;
  /**
   * Called once when the transport has ended. @param error The reason, unless the server closed it.
   */
  closed(error: Error | undefined): void;
}

/** One stream of bytes to a server. */
export interface Transport {
  /**
   * `true` while it accepts bytes. Becomes `false` at the first failure, which is earlier than
   * `closed`.
   */
  readonly writable: boolean;
  /** `false` if the stream cannot stop reading: a WebSocket of a browser. */
  readonly pausable: boolean;
  /**
   * Sends bytes.
   *
   * @returns `true` if all bytes were taken, so that their memory may be reused immediately;
   * otherwise `drained` is called later.
   */
  write(bytes: Uint8Array): boolean;
  /** Sends several pieces with one system call. @returns as {@link write}. */
  writeAll(pieces: readonly Uint8Array[]): boolean;
  /**
   * Encrypts a TCP stream from now on.
   *
   * @param host The name of the host, which the certificate must contain.
   * @returns Resolves when the server's certificate is accepted.
   */
  secure(options: NatsTlsOptions, host: string): Promise<void>;
  /** Resumes reading after `read` returned `false`. */
  resume(): void;
  /** Sends the remaining data, then closes the stream. */
  end(): void;
  /** Closes the stream immediately. */
  destroy(): void;
}

/** Destination of a stream. */
export interface Target extends ServerAddress {
  /** `true` to try the addresses of the host in the order of the system. */
  readonly noRandomize?: boolean;
}

/**
 * Opens a stream.
 *
 * @param server The destination.
 * @param handler Receiver of the events.
 * @param signal Cancels the attempt.
 * @param tls Encryption of a WebSocket, which starts encrypted; `null` for never.
 */
export type Connect = (
  server: Target,
  handler: TransportHandler,
  signal: AbortSignal,
  tls: NatsTlsOptions | null | undefined,
) => Promise<Transport>;
