import type { NatsWriter } from "../buffers/nats-writer.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";
import { FOREIGN } from "../serialization/serializer.js";
import type { Correlation } from "./correlation.js";
import { AmbiguousMessageError } from "./errors.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";
import type { Message } from "./message.js";
import { type Named, Union } from "./one-of.js";

/** One of several messages with its name, in the form of {@link oneOf}. */
interface AnyNamed {
  readonly name: string;
  readonly message: unknown;
}

/** The payload of a message, by its name. */
type PayloadOf<V extends AnyNamed, N> = Extract<V, { readonly name: N }>["message"];

/** The typed headers of a message, by its name. */
type HeadersOf<V extends AnyNamed, N> =
  Extract<V, { readonly name: N }> extends { readonly headers: infer H } ? H : NoHeaders;

/**
 * Selects one of the messages that share a subject. It is sent in a form that receivers can
 * identify; received messages of other names are skipped.
 *
 * ```ts
 * const users = oneOf(
 *   { signedUp: json<SignedUp>(), deleted: json<Deleted>() },
 *   { which: byProperty("kind", { signedUp: ["signedUp"], deleted: ["deleted"] }) },
 * );
 * const userDeleted: Channel<NoParams, Deleted> = channel(subject("users"), only(users, "deleted"));
 * ```
 *
 * @param of All messages of the subject.
 * @param name Name of the selected message.
 * @throws InvalidArgumentError if there is no such message.
 */
export function only<V extends AnyNamed, const N extends V["name"]>(
  of: Message<V>,
  name: N,
): Message<PayloadOf<V, N>, HeadersOf<V, N>>;

/**
 * Selects some of the messages that share a subject. They are identified in the same way as all of
 * them.
 *
 * @param of All messages of the subject.
 * @param names Names of the selected messages.
 * @throws InvalidArgumentError if one of them does not exist.
 */
export function only<V extends AnyNamed, const N extends V["name"]>(
  of: Message<V>,
  names: readonly N[],
): Message<Extract<V, { readonly name: N }>>;

export function only(
  of: Message<AnyNamed>,
  names: string | readonly string[],
): Message<unknown, unknown> {
  if (of instanceof Union) return new Part(of, names);
  throw new InvalidArgumentError("only() needs messages that oneOf() returned.");
}

/** @internal Some of the messages of a union. */
export class Part implements Message<unknown, unknown> {
  readonly union: Union;
  readonly names: ReadonlySet<string>;
  readonly headerCodec?: HeadersCodec<unknown>;
  readonly correlation?: Correlation;
  readonly isEmpty?: boolean;
  /** The name if there is only one, whose payload then needs no name. */
  readonly #name: string | undefined;

  constructor(union: Union, names: string | readonly string[]) {
    this.union = union;
    this.names = new Set(typeof names === "string" ? [names] : names);
    for (const name of this.names) {
      if (!union.has(name)) throw new InvalidArgumentError(`There is no message "${name}".`);
    }
    const { correlation } = typeof names === "string" ? union.get(names) : union;
    if (correlation !== undefined) this.correlation = correlation;
    if (typeof names !== "string") return;
    this.#name = names;
    const { headerCodec, isEmpty } = union.get(names);
    if (isEmpty) this.isEmpty = true;
    if (headerCodec !== undefined) this.headerCodec = headerCodec;
  }

  serialize(value: unknown, writer: NatsWriter): void {
    this.union.serialize(this.#named(value), writer);
  }

  headers(value: unknown): NatsHeadersInit | undefined {
    return this.union.headers(this.#named(value));
  }

  deserialize(buffer: Uint8Array, start: number, end: number, headers?: NatsHeaders): unknown {
    const identified = identifyAmong(this.names, this.union, buffer, start, end, headers);
    return identified === FOREIGN ? FOREIGN : this.take(identified, headers);
  }

  /** The value to deliver for one of these messages. */
  take(identified: Named, headers: NatsHeaders | undefined): unknown {
    if (this.#name === undefined) return this.union.deliver(identified, headers);
    const { accept } = this.union.get(identified.name);
    return accept === undefined ? identified.message : accept(identified.message);
  }

  #named(value: unknown): Named {
    return this.#name === undefined ? (value as Named) : { name: this.#name, message: value };
  }
}

/**
 * Reads a payload as far as it identifies the message.
 *
 * @param names The selected messages.
 * @returns FOREIGN for a message that is, or can only be, another one.
 */
export function identifyAmong(
  names: { has(name: string): boolean },
  union: Union,
  buffer: Uint8Array,
  start: number,
  end: number,
  headers: NatsHeaders | undefined,
): Named | typeof FOREIGN {
  try {
    const identified = union.identify(buffer, start, end, headers);
    return names.has(identified.name) ? identified : FOREIGN;
  } catch (error) {
    const isOthers =
      error instanceof AmbiguousMessageError && !error.names.some((name) => names.has(name));
    if (isOthers) return FOREIGN;
    throw error;
  }
}
