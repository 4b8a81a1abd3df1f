import type { RawMessage } from "../commands/nats-command.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeaders } from "../protocol/headers.js";
import type { Message } from "../sdk/message.js";
import { type LazyFields, NO_HEADERS } from "../sdk/received.js";
import type { Filter, Selection, Subject } from "../sdk/subject.js";
import { type Metadata, StoredMessage } from "./stored.js";
import type { Stream } from "./stream.js";

/** A channel of any type, at run time. */
export interface AnyChannel {
  readonly subject: Subject<unknown>;
  readonly message: Message<unknown, unknown>;
  readonly stream: string | undefined;
}

/** The part of a channel whose type is the same in all of them. */
export interface ChannelLike {
  readonly stream: string | undefined;
}

/** A message of any channel, at run time. */
export type AnyMessage = StoredMessage<unknown, unknown, unknown>;

/** The part of one channel. */
class ChannelReader {
  /** The subject filter. */
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

  /** Checks if a subject, given as a whole and as tokens, belongs to the channel. */
  matches(subject: string, tokens: readonly string[]): boolean {
    const own = this.#tokens;
    for (let i = 0; i < own.length; i++) {
      const token = own[i];
      if (token === ">") return i < tokens.length && this.accepts(subject);
      if (token !== "*" && token !== tokens[i]) return false;
    }
    return tokens.length === own.length && this.accepts(subject);
  }

  /** @throws the errors of the message's codecs. */
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

  /**
   * Checks if a subject that matches the filter belongs to the channel, because wildcards are less
   * precise.
   */
  accepts(subject: string): boolean {
    return this.#selection.accepts?.(subject) !== false;
  }
}

/** The messages to read from a stream: those of one channel, or of several. */
export class Reading {
  /**
   * Subject filters for the server, none of which covers another; an empty list for the whole
   * stream.
   */
  readonly filters: readonly string[];
  /** Subjects of the channels, none of which covers another. */
  readonly subjects: readonly string[];
  /** Name of the stream, if known. */
  readonly stream: string | undefined;
  readonly #readers: readonly ChannelReader[];
  readonly #filtered: boolean;

  /**
   * @param stream The stream's name, if known.
   * @param filtered `true` if the server delivers only these subjects.
   * @param asOne `true` for one combined filter, which may match more.
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
    const all = [...new Set(readers.map(({ filter }) => filter))];
    const filters = all.filter(
      (filter) => !all.some((other) => other !== filter && covers(other, filter)),
    );
    this.subjects = filters;
    if (!filtered) this.filters = [];
    else this.filters = asOne && filters.length > 1 ? commonPart(filters) : filters;
  }

  /** @param params The parameters of the subjects. */
  static ofChannel(channel: AnyChannel, params: unknown): Reading {
    const selection = channel.subject.select(params as Filter<unknown>);
    const reader = new ChannelReader(undefined, selection, channel.message);
    return new Reading([reader], channel.stream, true);
  }

  /**
   * @param stream The stream with its channels.
   * @param only Names of the channels to read; all by default.
   * @param filtered `true` if the server must deliver no other subjects. It is faster without this.
   * @param params The parameters of the subjects; the server then delivers one part of the stream
   * that contains all of them.
   * @throws InvalidArgumentError for an unknown name.
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
   * @returns `undefined` for a subject of no channel.
   * @throws the errors of the message's codecs.
   */
  read(frame: RawMessage, subject: string, metadata: Metadata): AnyMessage | undefined {
    const reader = this.#find(subject);
    return reader?.read(subject, frame.buffer, frame.start, frame.end, frame.headers, metadata);
  }

  #find(subject: string): ChannelReader | undefined {
    const [only, second] = this.#readers;
    // The server has filtered already, as precisely as wildcards allow.
    if (second === undefined && this.#filtered) return only?.accepts(subject) ? only : undefined;
    const tokens = subject.split(".");
    for (const reader of this.#readers) if (reader.matches(subject, tokens)) return reader;
    return undefined;
  }
}

/**
 * Combines filters to the smallest common one. Permissions can restrict one filter, which is part
 * of the request's subject, but not a list.
 *
 * @param filters At least two, none of which covers another.
 * @returns One filter; an empty list if they have no common part.
 */
function commonPart(filters: readonly string[]): readonly string[] {
  const [first = [], ...others] = filters.map((filter) => filter.split("."));
  let common = 0;
  while (others.every((tokens) => tokens[common] === first[common])) common++;
  return common === 0 ? [] : [[...first.slice(0, common), ">"].join(".")];
}

/** @returns `true` if `other` matches every subject that `filter` matches. */
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
