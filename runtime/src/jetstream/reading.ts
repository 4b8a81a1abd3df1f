import type { RawMessage } from "../commands/nats-command.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeaders } from "../protocol/headers.js";
import type { Message } from "../sdk/message.js";
import { type LazyFields, NO_HEADERS } from "../sdk/received.js";
import type { Filter, Selection, Subject } from "../sdk/subject.js";
import { type Metadata, StoredMessage } from "./stored.js";
import type { Stream } from "./stream.js";

/** A channel of any type, as it is at run time. */
export interface AnyChannel {
  readonly subject: Subject<unknown>;
  readonly message: Message<unknown, unknown>;
  readonly stream: string | undefined;
}

/** The part of a channel whose type is the same in all of them. */
export interface ChannelLike {
  readonly stream: string | undefined;
}

/** A message of any channel, as it is at run time. */
export type AnyMessage = StoredMessage<unknown, unknown, unknown>;

/** One channel's part of what is read. */
class ChannelReader {
  /** What to listen on. */
  readonly filter: string;
  readonly #name: string | undefined;
  readonly #selection: Selection<unknown>;
  readonly #message: Message<unknown, unknown>;
  readonly #reading: LazyFields<unknown>;
  readonly #tokens: readonly string[];

  constructor(
    name: string | undefined,
    selection: Selection<unknown>,
    message: Message<unknown, unknown>,
  ) {
    this.filter = String(selection.subject);
    this.#name = name;
    this.#selection = selection;
    this.#message = message;
    this.#reading = { read: selection.read, correlation: message.correlation };
    this.#tokens = this.filter.split(".");
  }

  /** Whether a subject, given as a whole and in its tokens, is the channel's. */
  matches(subject: string, tokens: readonly string[]): boolean {
    const own = this.#tokens;
    for (let i = 0; i < own.length; i++) {
      const token = own[i];
      if (token === ">") return i < tokens.length && this.accepts(subject);
      if (token !== "*" && token !== tokens[i]) return false;
    }
    return tokens.length === own.length && this.accepts(subject);
  }

  /** @throws what the message's codecs throw. */
  read(
    subject: string,
    buffer: Uint8Array,
    start: number,
    end: number,
    allHeaders: NatsHeaders | undefined,
    metadata: Metadata,
  ): AnyMessage {
    const { headerCodec } = this.#message;
    return new StoredMessage(
      this.#message.deserialize(buffer, start, end, allHeaders),
      headerCodec === undefined ? NO_HEADERS : headerCodec.read(allHeaders),
      subject,
      this.#name,
      allHeaders,
      metadata,
      this.#reading,
    );
  }

  /** Whether a subject that the filter matches is the channel's: wildcards do not say everything. */
  accepts(subject: string): boolean {
    return this.#selection.accepts?.(subject) !== false;
  }
}

/** What is read of a stream: the messages of one channel, or of several. */
export class Reading {
  /** The subjects to ask the server for, none of which covers another; none for the whole stream. */
  readonly filters: readonly string[];
  /** Name of the stream, where it is known. */
  readonly stream: string | undefined;
  readonly #readers: readonly ChannelReader[];
  readonly #filtered: boolean;

  /**
   * @param stream The stream's name, where it is known.
   * @param filtered Whether the server is asked for these subjects only.
   * @param asOne Whether it is asked for them by one filter, which may match more.
   */
  private constructor(
    readers: readonly ChannelReader[],
    stream: string | undefined,
    filtered: boolean,
    asOne = false,
  ) {
    this.#readers = readers;
    this.stream = stream;
    this.#filtered = filtered;
    if (!filtered) {
      this.filters = [];
      return;
    }
    const all = [...new Set(readers.map(({ filter }) => filter))];
    const filters = all.filter(
      (filter) => !all.some((other) => other !== filter && covers(other, filter)),
    );
    this.filters = asOne && filters.length > 1 ? commonPart(filters) : filters;
  }

  /** @param params The parameters to read by. */
  static ofChannel(channel: AnyChannel, params: unknown): Reading {
    const selection = channel.subject.select(params as Filter<unknown>);
    const reader = new ChannelReader(undefined, selection, channel.message);
    return new Reading([reader], channel.stream, true);
  }

  /**
   * @param stream The stream with its channels.
   * @param only Names of those that are wanted; all by default.
   * @param filtered Whether the server is to send nothing else. It is quicker for it not to look.
   * @param params What to read by; the server is then asked for one part of the stream, with all of that in it.
   * @throws InvalidArgumentError for a name that there is none of.
   */
  static ofChannels(
    { config, channels }: Stream<object>,
    only: readonly PropertyKey[] | undefined,
    filtered: boolean,
    params?: Filter<unknown>,
  ): Reading {
    const all = new Map(Object.entries(channels as { readonly [name: string]: AnyChannel }));
    const readers = (only ?? [...all.keys()]).map((name) => {
      const channel = all.get(String(name));
      if (channel === undefined) {
        throw new InvalidArgumentError(
          `The stream has no channel "${String(name)}". It has ${[...all.keys()].join(", ")}.`,
        );
      }
      return new ChannelReader(String(name), channel.subject.select(params ?? {}), channel.message);
    });
    return new Reading(
      readers,
      config.name,
      filtered || params !== undefined,
      params !== undefined,
    );
  }

  /**
   * Reads a delivery.
   *
   * @returns `undefined` for a subject that is none of the channels'.
   * @throws what the message's codecs throw.
   */
  read(frame: RawMessage, subject: string, metadata: Metadata): AnyMessage | undefined {
    const reader = this.#find(subject);
    return reader?.read(subject, frame.buffer, frame.start, frame.end, frame.headers, metadata);
  }

  #find(subject: string): ChannelReader | undefined {
    const [only, second] = this.#readers;
    // The server has filtered already, as far as wildcards can.
    if (second === undefined && this.#filtered) return only?.accepts(subject) ? only : undefined;
    const tokens = subject.split(".");
    for (const reader of this.#readers) if (reader.matches(subject, tokens)) return reader;
    return undefined;
  }
}

/**
 * The smallest part of the subjects' tree that holds all filters. Permissions can hold one filter, which stands
 * in the subject of the request, and no list of them.
 *
 * @param filters Two at least, none of which covers another.
 * @returns One filter; none where they have nothing in common.
 */
function commonPart(filters: readonly string[]): readonly string[] {
  const [first = [], ...others] = filters.map((filter) => filter.split("."));
  let common = 0;
  while (others.every((tokens) => tokens[common] === first[common])) common++;
  return common === 0 ? [] : [[...first.slice(0, common), ">"].join(".")];
}

/** @returns Whether every subject that `filter` matches is matched by `other` too. */
export function covers(other: string, filter: string): boolean {
  const wide = other.split(".");
  const narrow = filter.split(".");
  for (let i = 0; i < wide.length; i++) {
    if (wide[i] === ">") return i < narrow.length;
    if (narrow[i] === undefined || narrow[i] === ">") return false;
    if (wide[i] !== "*" && wide[i] !== narrow[i]) return false;
  }
  return wide.length === narrow.length;
}
