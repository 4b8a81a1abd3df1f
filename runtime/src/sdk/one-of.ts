import type { NatsWriter } from "../buffers/nats-writer.js";
import { NatsHeaders, type NatsHeadersInit } from "../protocol/headers.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import type { Correlation } from "./correlation.js";
import { type Discriminator, type DiscriminatorPlace, fits } from "./discriminator.js";
import { AmbiguousMessageError, UnknownMessageError, type UnknownValue } from "./errors.js";
import { MESSAGE_HEADER, type Message, none, underlying } from "./message.js";

/**
 * One of several messages, by its name: `value.name` narrows `value.message`. Messages with typed headers
 * carry them as `value.headers`.
 */
export type OneOf<M, H = Record<never, never>> = {
  [N in keyof M]: { readonly name: N; readonly message: M[N] } & (N extends keyof H
    ? { readonly headers: H[N] }
    : unknown);
}[keyof M];

/** Result type of {@link oneOf}. */
export type OneOfMessages<M> = {
  [N in keyof M]: M[N] extends Message<infer T, infer H>
    ? { readonly name: N; readonly message: T } & ([keyof H] extends [never]
        ? unknown
        : { readonly headers: H })
    : never;
}[keyof M];

/** Messages by their names. */
export type MessagesByName = { readonly [name: string]: Message<unknown, unknown> };

/** A message of a channel with several messages, at run time. */
export interface Named {
  readonly name: string;
  readonly message: unknown;
  readonly headers?: unknown;
}

/**
 * Combines several messages that share a channel.
 *
 * A received message is identified by `which`, else by the header `Alternats-Message`, else as the
 * only one that matches. Messages that `which` does not identify are sent with that header. The SDK
 * never guesses: a message that matches none or several goes to the error handler.
 *
 * ```ts
 * const unitOrJob = oneOf(
 *   { unit: json<Unit>(), job: json<Job>() },
 *   { which: byProperty("kind", { unit: ["unit"], job: ["job"] }) },
 * );
 * ```
 *
 * @param messages The messages by their names.
 * @param discriminator The discriminator of the messages.
 */
export function oneOf<M extends MessagesByName>(
  messages: M,
  discriminator?: Discriminator<keyof M & string>,
): Message<OneOfMessages<M>> {
  const union: Message<unknown> = new Union(new Map(Object.entries(messages)), discriminator ?? {});
  return union as Message<OneOfMessages<M>>;
}

/** Combines the messages' own places of correlation ids. */
function correlationOf(messages: ReadonlyMap<string, Message<unknown, unknown>>): Correlation {
  return {
    read(value, headers) {
      const { name, message } = value as Named;
      return messages.get(name)?.correlation?.read(message, headers);
    },
    fill(value, headers) {
      const named = value as Named;
      const filled = messages.get(named.name)?.correlation?.fill(named.message, named.headers);
      return { message: filled === undefined ? value : { ...named, ...filled }, headers };
    },
  };
}

/** @internal */
export class Union implements Message<Named> {
  readonly correlation?: Correlation;
  readonly #messages: ReadonlyMap<string, Message<unknown, unknown>>;
  /** Names of the messages of each serializer. */
  readonly #readers = new Map<NatsSerializer, string[]>();
  /** Headers with the name of a message, created when first needed. */
  readonly #nameHeaders = new Map<string, NatsHeaders>();
  readonly #discriminator: Discriminator;
  /** Names of the messages with distinguishing values. */
  readonly #identifiable: ReadonlySet<string>;

  constructor(
    messages: ReadonlyMap<string, Message<unknown, unknown>>,
    discriminator: Discriminator,
  ) {
    this.#messages = messages;
    this.#discriminator = discriminator;
    this.#identifiable = new Set(discriminator.which?.place?.names.values());
    for (const [name, message] of this.#messages) {
      const reader = underlying(message);
      const names = this.#readers.get(reader);
      if (names === undefined) this.#readers.set(reader, [name]);
      else names.push(name);
      if (message.correlation !== undefined) this.correlation ??= correlationOf(messages);
    }
  }

  serialize({ name, message }: Named, writer: NatsWriter): void {
    this.get(name).serialize(message, writer);
  }

  headers({ name, message, headers }: Named): NatsHeadersInit | undefined {
    const own = ownHeaders(this.get(name), message, headers);
    const identified = this.#discriminator.which?.(message, own);
    if (identified === name) return own;
    if (identified !== undefined) throw new AmbiguousMessageError([name, identified]);
    return own === undefined ? this.#nameHeader(name) : own.set(MESSAGE_HEADER, name);
  }

  deserialize(buffer: Uint8Array, start: number, end: number, headers?: NatsHeaders): Named {
    return this.deliver(this.identify(buffer, start, end, headers), headers);
  }

  /** Checks for a message of that name. */
  has(name: string): boolean {
    return this.#messages.has(name);
  }

  /** Returns a message of the union by its name. */
  get(name: string): Message<unknown, unknown> {
    const message = this.#messages.get(name);
    if (message === undefined) throw new UnknownMessageError(this.#messages.keys(), name);
    return message;
  }

  /** The message for delivery: checked, and with its headers. */
  deliver(identified: Named, headers: NatsHeaders | undefined): Named {
    const { accept, headerCodec } = this.get(identified.name);
    const taken =
      accept === undefined ? identified : { ...identified, message: accept(identified.message) };
    return headerCodec === undefined ? taken : { ...taken, headers: headerCodec.read(headers) };
  }

  /** Reads a payload, and identifies its message. */
  identify(
    buffer: Uint8Array,
    start: number,
    end: number,
    headers: NatsHeaders | undefined,
  ): Named {
    const name = headers?.get(MESSAGE_HEADER);
    if (this.#discriminator.which === undefined && name !== undefined) {
      return this.#readNamed(name, buffer, start, end, headers);
    }
    const { which, shapes } = this.#discriminator;
    const identified: Named[] = [];
    const candidates: Named[] = [];
    let cause: unknown;
    for (const [reader, names] of this.#readers) {
      if (reader === none && start !== end) continue;
      try {
        const message = reader.deserialize(buffer, start, end, headers);
        const found = which?.(message, headers);
        if (found === undefined) candidates.push(...names.map((name) => ({ name, message })));
        else if (names.includes(found)) identified.push({ name: found, message });
      } catch (error) {
        cause = error;
      }
    }
    if (identified.length > 0) return this.#only(identified, () => ({ cause }));
    if (name !== undefined) return this.#readNamed(name, buffer, start, end, headers);
    const fitting = candidates.filter(({ name, message }) => {
      // A message with a distinguishing value would have been identified before.
      if (this.#identifiable.has(name)) return false;
      const shape = shapes?.[name];
      return shape === undefined || fits(shape, message);
    });
    return this.#only(fitting, () => {
      const [first] = candidates;
      return { cause, by: first && unknownValue(which?.place, first.message, headers) };
    });
  }

  /** @param why Error text if no message matches. */
  #only(
    found: readonly Named[],
    why: () => { readonly cause: unknown; readonly by?: UnknownValue | undefined },
  ): Named {
    const [one, ...more] = found;
    if (one === undefined) throw new UnknownMessageError(this.#messages.keys(), undefined, why());
    if (more.length > 0) throw new AmbiguousMessageError(found.map(({ name }) => name));
    return one;
  }

  #readNamed(
    name: string,
    buffer: Uint8Array,
    start: number,
    end: number,
    headers: NatsHeaders | undefined,
  ): Named {
    const message = underlying(this.get(name)).deserialize(buffer, start, end, headers);
    return { name, message };
  }

  #nameHeader(name: string): NatsHeaders {
    let header = this.#nameHeaders.get(name);
    if (header === undefined) {
      header = new NatsHeaders({ [MESSAGE_HEADER]: name });
      this.#nameHeaders.set(name, header);
    }
    return header;
  }
}

function unknownValue(
  place: DiscriminatorPlace | undefined,
  message: unknown,
  headers: NatsHeaders | undefined,
): UnknownValue | undefined {
  if (place === undefined) return undefined;
  const { what, names } = place;
  return { what, value: place.find(message, headers), values: [...names.keys()] };
}

function ownHeaders(
  of: Message<unknown, unknown>,
  message: unknown,
  headers: unknown,
): NatsHeaders | undefined {
  const { headerCodec } = of;
  const fromValue = of.headers?.(message);
  if (headerCodec === undefined && fromValue === undefined) return undefined;
  // For a single message, they are among the options of the call.
  const all = new NatsHeaders(headers === undefined ? undefined : headerCodec?.write(headers));
  if (fromValue !== undefined)
    for (const [name, value] of new NatsHeaders(fromValue)) all.append(name, value);
  return all;
}
