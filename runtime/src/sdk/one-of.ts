import type { NatsWriter } from "../buffers/nats-writer.js";
import { NatsHeaders, type NatsHeadersInit } from "../protocol/headers.js";
import { rawSerializer } from "../serialization/raw.js";
import { FOREIGN, type NatsSerializer } from "../serialization/serializer.js";
import { textSerializer } from "../serialization/text.js";
import type { Correlation } from "./correlation.js";
import type { Discriminator, DiscriminatorPlace } from "./discriminator.js";
import { AmbiguousMessageError, UnknownMessageError, type UnknownValue } from "./errors.js";
import { MESSAGE_HEADER, type Message, none, underlying } from "./message.js";
import { fits, undeclared } from "./shape.js";

/**
 * One of several messages, by its name: `value.name` narrows `value.message`. Messages with typed headers
 * carry them as `value.headers`.
 *
 * @typeParam U Names of the messages that may have the same payload: it is then {@link Unnamed}.
 */
export type OneOf<M, H = Record<never, never>, U extends keyof M = never> =
  | {
      [N in keyof M]: { readonly name: N; readonly message: M[N] } & (N extends keyof H
        ? { readonly headers: H[N] }
        : unknown);
    }[keyof M]
  | ([U] extends [never] ? never : Unnamed<M[U]>);

/** A payload that fits several messages, and whose sender did not name one. It is sent without a name. */
export interface Unnamed<T> {
  readonly name: undefined;
  readonly message: T;
}

/** Result type of {@link oneOf}. */
export type OneOfMessages<M, U extends keyof M = never> =
  | {
      [N in keyof M]: M[N] extends Message<infer T, infer H>
        ? { readonly name: N; readonly message: T } & ([keyof H] extends [never]
            ? unknown
            : { readonly headers: H })
        : never;
    }[keyof M]
  | ([U] extends [never] ? never : Unnamed<M[U] extends Message<infer T, infer _H> ? T : never>);

/** Messages by their names. */
export type MessagesByName = { readonly [name: string]: Message<unknown, unknown> };

/** A message of a channel with several messages, at run time. */
export interface Named {
  readonly name: string;
  readonly message: unknown;
  readonly headers?: unknown;
}

/** A payload that fits several messages. */
export interface Open extends Unnamed<unknown> {
  /** The messages that it fits. */
  readonly names: readonly string[];
  readonly headers?: undefined;
}

/**
 * Combines several messages that share a channel.
 *
 * A received message is identified by `which`, else by the header `Alternats-Message`, else as the
 * only one whose shape fits. Messages that `which` does not identify are sent with that header. The
 * SDK never guesses: a message that fits several is delivered without a name if they are `unnamed`,
 * and otherwise goes to the error handler, as does one that fits none.
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
export function oneOf<M extends MessagesByName, U extends keyof M & string = never>(
  messages: M,
  discriminator?: Discriminator<keyof M & string, U>,
): Message<OneOfMessages<M, U>> {
  const union: Message<unknown> = new Union(new Map(Object.entries(messages)), discriminator ?? {});
  return union as Message<OneOfMessages<M, U>>;
}

/** Combines the messages' own places of correlation ids. */
function correlationOf(messages: ReadonlyMap<string, Message<unknown, unknown>>): Correlation {
  return {
    read(value, headers) {
      const { name, message } = value as Named | Open;
      return messages.get(name ?? "")?.correlation?.read(message, headers);
    },
    fill(value, headers) {
      const named = value as Named | Open;
      const filled = messages
        .get(named.name ?? "")
        ?.correlation?.fill(named.message, named.headers);
      return { message: filled === undefined ? value : { ...named, ...filled }, headers };
    },
  };
}

/** A set of names. */
type Names = Pick<ReadonlySet<string>, "has">;

/** @internal */
export class Union implements Message<Named | Open> {
  readonly correlation?: Correlation;
  readonly #messages: ReadonlyMap<string, Message<unknown, unknown>>;
  /** Names of the messages of each serializer. */
  readonly #readers = new Map<NatsSerializer, string[]>();
  /** Headers with the name of a message, created when first needed. */
  readonly #nameHeaders = new Map<string, NatsHeaders>();
  /** Names of messages by their names in the header. */
  readonly #byHeader = new Map<string, string>();
  readonly #discriminator: Discriminator;
  /** Names of the messages with distinguishing values. */
  readonly #identifiable: ReadonlySet<string>;
  /** Names of the messages that may be delivered without a name. */
  readonly #unnamed: ReadonlySet<string>;

  constructor(
    messages: ReadonlyMap<string, Message<unknown, unknown>>,
    discriminator: Discriminator,
  ) {
    this.#messages = messages;
    this.#discriminator = discriminator;
    const { which, unnamed = [], headers = {} } = discriminator;
    this.#identifiable = new Set([...(which?.place?.names.values() ?? [])].flat());
    this.#unnamed = new Set(unnamed);
    for (const [name, names = []] of Object.entries(headers)) {
      for (const each of names) this.#byHeader.set(each, name);
    }
    for (const [name, message] of this.#messages) {
      this.#byHeader.set(name, name);
      const reader = underlying(message);
      const names = this.#readers.get(reader);
      if (names === undefined) this.#readers.set(reader, [name]);
      else names.push(name);
      if (message.correlation !== undefined) this.correlation ??= correlationOf(messages);
    }
  }

  serialize({ name, message }: Named | Open, writer: NatsWriter): void {
    const codec = name === undefined ? this.#anyOf(message) : this.get(name);
    codec.serialize(message, writer);
  }

  headers({ name, message, headers }: Named | Open): NatsHeadersInit | undefined {
    if (name === undefined) return this.#anyOf(message).headers?.(message);
    const own = ownHeaders(this.get(name), message, headers);
    const identified = this.#discriminator.which?.(message, own);
    if (identified === name) return own;
    if (identified !== undefined) {
      const names = [identified].flat();
      if (!names.includes(name)) throw new AmbiguousMessageError([name, ...names]);
    }
    return own === undefined
      ? this.#nameHeader(name)
      : own.set(MESSAGE_HEADER, this.#written(name));
  }

  deserialize(buffer: Uint8Array, start: number, end: number, headers?: NatsHeaders): Named | Open {
    const identified = this.identify(buffer, start, end, headers, this.#messages);
    return this.deliver(identified as Named | Open, headers);
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

  /**
   * The message for delivery: checked, and with its headers.
   *
   * @throws AmbiguousMessageError if it needs a name and has none
   */
  deliver(identified: Named | Open, headers: NatsHeaders | undefined): Named | Open {
    const { name } = identified;
    if (name === undefined && !identified.names.every((each) => this.#unnamed.has(each))) {
      throw new AmbiguousMessageError(identified.names);
    }
    const { accept, headerCodec } = this.get(name ?? identified.names[0]!);
    const message = accept === undefined ? identified.message : accept(identified.message);
    if (name === undefined) return { name, message } as Open;
    const taken = accept === undefined ? identified : { name, message };
    return headerCodec === undefined ? taken : { ...taken, headers: headerCodec.read(headers) };
  }

  /**
   * Reads a payload, and identifies its message.
   *
   * @param among Names of the messages that the caller handles. They come first: other messages do
   * not make one of them ambiguous.
   * @returns FOREIGN for a message that can only be one that the caller does not handle.
   */
  identify(
    buffer: Uint8Array,
    start: number,
    end: number,
    headers: NatsHeaders | undefined,
    among: Names,
  ): Named | Open | typeof FOREIGN {
    const { which, shapes } = this.#discriminator;
    const given = headers?.get(MESSAGE_HEADER);
    if (given !== undefined && which === undefined) {
      return this.#readNamed(given, buffer, start, end, headers, among);
    }
    const identified: Named[] = [];
    const candidates: Named[] = [];
    let cause: unknown;
    for (const [reader, names] of this.#readers) {
      if (start === end ? this.#isNothing(reader) : reader === none) continue;
      try {
        const message = reader.deserialize(buffer, start, end, headers);
        const found = which?.(message, headers);
        for (const name of names) {
          if (found === undefined) candidates.push({ name, message });
          else if (found === name || (typeof found === "object" && found.includes(name)))
            identified.push({ name, message });
        }
      } catch (error) {
        cause = error;
      }
    }
    if (identified.length === 1) {
      const one = identified[0]!;
      return among.has(one.name) ? one : FOREIGN;
    }
    if (given !== undefined) return this.#readNamed(given, buffer, start, end, headers, among);
    const isIdentified = identified.length > 0;
    const fitting = (isIdentified ? identified : candidates).filter(({ name, message }) => {
      const shape = shapes?.[name];
      if (shape !== undefined) return fits(shape, message);
      // A message with a distinguishing value would have been identified before.
      return isIdentified || !this.#identifiable.has(name);
    });
    if (fitting.length === 0) {
      const [first] = candidates;
      const by = first && unknownValue(which?.place, first.message, headers);
      throw new UnknownMessageError(this.#messages.keys(), undefined, { cause, by });
    }
    const own = fitting.filter(({ name }) => among.has(name));
    return own.length === 0 ? FOREIGN : this.#narrow(own);
  }

  /**
   * Checks if an empty payload is no message of a serializer, because it is that of a message without
   * a payload. Only texts and bytes can be empty as well.
   */
  #isNothing(reader: NatsSerializer): boolean {
    return (
      this.#readers.has(none) &&
      reader !== none &&
      reader !== textSerializer &&
      reader !== rawSerializer
    );
  }

  /** Selects one of several messages that a payload fits. */
  #narrow(fitting: readonly Named[]): Named | Open {
    let found = fitting;
    if (found.length > 1) {
      const valid = found.filter(({ name, message }) => this.#accepts(name, message));
      if (valid.length > 0) found = valid;
    }
    const { shapes } = this.#discriminator;
    if (found.length > 1 && shapes !== undefined) {
      const extras = found.map(({ name, message }) => undeclared(shapes[name], message));
      const best = found.find((_, i) => extras.every((_, j) => i === j || isLess(extras, i, j)));
      if (best !== undefined) return best;
    }
    const [one, ...more] = found;
    if (more.length === 0) return one!;
    return { name: undefined, message: one!.message, names: found.map(({ name }) => name) };
  }

  /** Checks a payload with the validator of a message. */
  #accepts(name: string, message: unknown): boolean {
    try {
      this.get(name).accept?.(message);
      return true;
    } catch {
      return false;
    }
  }

  /** Codec of a message to send without a name. */
  #anyOf(message: unknown): Message<unknown, unknown> {
    const { shapes } = this.#discriminator;
    for (const name of this.#unnamed) {
      const shape = shapes?.[name];
      if (shape === undefined || fits(shape, message)) return this.get(name);
    }
    throw new UnknownMessageError(this.#messages.keys());
  }

  #readNamed(
    given: string,
    buffer: Uint8Array,
    start: number,
    end: number,
    headers: NatsHeaders | undefined,
    among: Names,
  ): Named | typeof FOREIGN {
    const name = this.#byHeader.get(given);
    if (name === undefined) throw new UnknownMessageError(this.#messages.keys(), given);
    if (!among.has(name)) return FOREIGN;
    return { name, message: underlying(this.get(name)).deserialize(buffer, start, end, headers) };
  }

  /** The name of a message in the header. */
  #written(name: string): string {
    const { headers } = this.#discriminator;
    return headers?.[name]?.[0] ?? name;
  }

  #nameHeader(name: string): NatsHeaders {
    let header = this.#nameHeaders.get(name);
    if (header === undefined) {
      header = new NatsHeaders({ [MESSAGE_HEADER]: this.#written(name) });
      this.#nameHeaders.set(name, header);
    }
    return header;
  }
}

/** Checks if one list of undeclared properties is a part of another. */
function isLess(extras: readonly (readonly string[])[], i: number, j: number): boolean {
  const [own, other] = [extras[i]!, extras[j]!];
  return own.length < other.length && own.every((name) => other.includes(name));
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
