import type { NatsHeaders } from "../protocol/headers.js";
import type { Channel } from "../sdk/channel.js";
import type { NoHeaders } from "../sdk/headers.js";
import type { LazyFields, Received } from "../sdk/received.js";

/** A message in a stream. */
export interface Stored<P, T, H = NoHeaders> extends Omit<Received<P, T, H>, "source"> {
  /** Its sequence in the stream, starting at 1. */
  readonly sequence: number;
  /** Time at which the stream stored it. */
  readonly time: Date;
  /** The stream's name. */
  readonly stream: string;
  /** All stored headers, including those that the document does not contain. */
  readonly allHeaders: NatsHeaders | undefined;
}

/** A message that a consumer delivers. */
export interface Delivered<P, T, H = NoHeaders> extends Stored<P, T, H> {
  /** Number of its deliveries, including this one. */
  readonly deliveries: number;
  /** Number of remaining messages at the time of its delivery. */
  readonly pending: number;
}

/** A stored message of a channel `C`. */
export type StoredOf<C> = C extends Channel<infer P, infer T, infer H> ? Stored<P, T, H> : never;

/** A message that a consumer delivers of a channel `C`. */
export type DeliveredOf<C> =
  C extends Channel<infer P, infer T, infer H> ? Delivered<P, T, H> : never;

/** A message of one of several channels. */
export type NamedBy<N, M> = M & { readonly channel: N };

/** Data of a stored message besides its content. */
export interface Metadata {
  readonly stream: string;
  readonly deliveries: number;
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly pending: number;
}

const DOT = 0x2e;
const ZERO = 0x30;
/**
 * Number of tokens after the consumer's name: deliveries, sequence, consumer sequence, time,
 * pending.
 */
const NUMBERS = 5;
const SHORT = 9;
/** Start of each token of the current subject; one more than the maximum number. */
const starts = new Int32Array(16);

/**
 * The reply subject of a delivery, which contains its place in the stream:
 * `$JS.ACK.[<domain>.<account hash>.]<stream>.<consumer>.<deliveries>.<sequence>.<consumer
 * sequence>.<time>.<pending>[.<token>]`
 *
 * Hot: one for each delivery; rarely used values are read on access.
 *
 * @see ADR-15, JetStream subscribe workflow
 */
export class DeliverySubject implements Metadata {
  readonly text: string;
  /** The sequence in the stream. */
  readonly sequence: number;
  /** The number of the consumer's delivery. */
  readonly consumerSequence: number;
  readonly pending: number;
  /** Start of the stream's name. */
  readonly #stream: number;
  readonly #deliveries: number;
  readonly #time: number;

  private constructor(text: string, stream: number) {
    this.text = text;
    this.#stream = starts[stream]!;
    const numbers = stream + 2;
    this.#deliveries = starts[numbers]!;
    this.sequence = numberAt(text, starts[numbers + 1]!);
    this.consumerSequence = numberAt(text, starts[numbers + 2]!);
    this.#time = starts[numbers + 3]!;
    this.pending = numberAt(text, starts[numbers + 4]!);
  }

  /** @returns `undefined` for any other subject. */
  static read(text: string): DeliverySubject | undefined {
    if (!text.startsWith("$JS.ACK.")) return undefined;
    let tokens = 1;
    for (let i = 0; i < text.length && tokens < starts.length; i++) {
      if (text.charCodeAt(i) === DOT) starts[tokens++] = i + 1;
    }
    if (tokens < SHORT) return undefined;
    return new DeliverySubject(text, tokens === SHORT ? 2 : SHORT - NUMBERS);
  }

  get stream(): string {
    return this.text.slice(this.#stream, this.text.indexOf(".", this.#stream));
  }

  get deliveries(): number {
    return numberAt(this.text, this.#deliveries);
  }

  get time(): number {
    // Nanoseconds have more digits than a number can represent.
    const end = this.text.indexOf(".", this.#time);
    return Number(this.text.slice(this.#time, end - 6));
  }
}

function numberAt(text: string, start: number): number {
  let value = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) break;
    value = value * 10 + (code - ZERO);
  }
  return value;
}

/** A stored message whose parameters and time are created on access. */
export class StoredMessage<P, T, H> implements Delivered<P, T, H> {
  readonly message: T;
  readonly headers: H;
  readonly subject: string;
  readonly channel: string | undefined;
  readonly allHeaders: NatsHeaders | undefined;
  readonly sequence: number;
  readonly #metadata: Metadata;
  readonly #reading: LazyFields<P>;
  #params: Required<P> | undefined;

  constructor(
    message: T,
    headers: H,
    subject: string,
    channel: string | undefined,
    allHeaders: NatsHeaders | undefined,
    metadata: Metadata,
    reading: LazyFields<P>,
  ) {
    this.message = message;
    this.headers = headers;
    this.subject = subject;
    this.channel = channel;
    this.allHeaders = allHeaders;
    this.sequence = metadata.sequence;
    this.#metadata = metadata;
    this.#reading = reading;
  }

  get params(): Required<P> {
    this.#params ??= this.#reading.read(this.subject);
    return this.#params;
  }

  get correlationId(): string | undefined {
    return this.#reading.correlation?.read(this.message, this.allHeaders);
  }

  get stream(): string {
    return this.#metadata.stream;
  }

  get time(): Date {
    return new Date(this.#metadata.time);
  }

  get deliveries(): number {
    return this.#metadata.deliveries;
  }

  get pending(): number {
    return this.#metadata.pending;
  }
}
