import type { NatsHeaders } from "../protocol/headers.js";
import type { NoHeaders } from "../sdk/headers.js";
import type { Received } from "../sdk/received.js";

/** A message that a stream keeps. */
export interface Stored<P, T, H = NoHeaders> extends Omit<Received<P, T, H>, "source"> {
  /** Its place in the stream, from 1 on. */
  readonly sequence: number;
  /** When the stream stored it. */
  readonly time: Date;
  /** The stream's name. */
  readonly stream: string;
  /** All headers that it was stored with, also those that the document does not know. */
  readonly allHeaders: NatsHeaders | undefined;
}

/** A message that a consumer delivers. */
export interface Delivered<P, T, H = NoHeaders> extends Stored<P, T, H> {
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
  /** How many messages were still to come when it was delivered. */
  readonly pending: number;
}

/** A message of one of several channels. */
export type NamedBy<N, M> = M & { readonly channel: N };

/** What a delivery says of itself in its reply subject. */
export interface Metadata {
  readonly stream: string;
  readonly deliveries: number;
  readonly sequence: number;
  readonly consumerSequence: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly pending: number;
}

const SHORT = 9;

/**
 * Reads the reply subject of a delivery:
 * `$JS.ACK.[<domain>.<account hash>.]<stream>.<consumer>.<deliveries>.<sequence>.<consumer sequence>.<time>.<pending>[.<token>]`
 *
 * @returns `undefined` for any other subject.
 * @see ADR-15, JetStream subscribe workflow
 */
export function readMetadata(reply: string): Metadata | undefined {
  const tokens = reply.split(".");
  const at = tokens.length === SHORT ? 2 : 4;
  if (tokens.length < SHORT || tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined;
  return {
    stream: tokens[at]!,
    deliveries: Number(tokens[at + 2]),
    sequence: Number(tokens[at + 3]),
    consumerSequence: Number(tokens[at + 4]),
    // Nanoseconds: more digits than a number holds.
    time: Number(tokens[at + 5]!.slice(0, -6)),
    pending: Number(tokens[at + 6]),
  };
}

/** The parameters and the time are made when they are asked for. */
export class StoredMessage<P, T, H> implements Delivered<P, T, H> {
  readonly message: T;
  readonly headers: H;
  readonly subject: string;
  readonly channel: string | undefined;
  readonly allHeaders: NatsHeaders | undefined;
  readonly sequence: number;
  readonly stream: string;
  readonly deliveries: number;
  readonly pending: number;
  readonly #time: number;
  readonly #read: (subject: string) => Required<P>;
  #params: Required<P> | undefined;

  constructor(
    message: T,
    headers: H,
    subject: string,
    channel: string | undefined,
    allHeaders: NatsHeaders | undefined,
    metadata: Metadata,
    read: (subject: string) => Required<P>,
  ) {
    this.message = message;
    this.headers = headers;
    this.subject = subject;
    this.channel = channel;
    this.allHeaders = allHeaders;
    this.sequence = metadata.sequence;
    this.stream = metadata.stream;
    this.deliveries = metadata.deliveries;
    this.pending = metadata.pending;
    this.#time = metadata.time;
    this.#read = read;
  }

  get params(): Required<P> {
    this.#params ??= this.#read(this.subject);
    return this.#params;
  }

  get time(): Date {
    return new Date(this.#time);
  }
}
