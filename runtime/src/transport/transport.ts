import type { ServerAddress } from "../protocol/server-address.js";
import type { NatsTlsOptions } from "./tls-options.js";

/** What happens to an open transport. */
export interface TransportHandler {
  /** Where the transport is to put what it reads, from the first byte on; empty when nobody reads any more. */
  readonly window: Uint8Array;
  /**
   * Bytes were read into the {@link window}.
   *
   * @returns Whether to go on reading; `false` until {@link Transport.resume}.
   */
  read(length: number): boolean;
  /** Everything that was written is taken; memory that was given to it is free again. */
  drained(): void;
  /** The transport is gone. Called once. @param error Why, unless the server just ended it. */
  closed(error: Error | undefined): void;
}

/** One stream of bytes to a server. */
export interface Transport {
  /** Whether it still takes bytes; `false` from its failure on, which is earlier than `closed`. */
  readonly writable: boolean;
  /**
   * Sends bytes.
   *
   * @returns Whether they were taken whole, so that their memory is free again at once; otherwise
   *   `drained` tells when it is.
   */
  write(bytes: Uint8Array): boolean;
  /** Sends several pieces with one system call. @returns as {@link write}. */
  writeAll(pieces: readonly Uint8Array[]): boolean;
  /**
   * Encrypts a TCP stream from here on.
   *
   * @param host The host that was dialled, which the certificate must name.
   * @returns Settles when the server's certificate is accepted.
   */
  secure(options: NatsTlsOptions, host: string): Promise<void>;
  /** Goes on reading after `read` answered `false`. */
  resume(): void;
  /** Sends what is left, then ends the stream. */
  end(): void;
  /** Ends the stream at once. */
  destroy(): void;
}

/** Where a stream leads. */
export interface Target extends ServerAddress {
  /** Whether the addresses of the host are tried in the order in which the system names them. */
  readonly noRandomize?: boolean;
}

/**
 * Opens a stream.
 *
 * @param server Where to.
 * @param handler Told what happens.
 * @param signal Gives up when aborted.
 * @param tls How a WebSocket is encrypted, which begins with that; `null` for never.
 */
export type Connect = (
  server: Target,
  handler: TransportHandler,
  signal: AbortSignal,
  tls: NatsTlsOptions | null | undefined,
) => Promise<Transport>;
