import type { NatsWriter } from "../buffers/nats-writer.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";
import { FOREIGN } from "../serialization/serializer.js";
import type { Correlation } from "./correlation.js";
import { AmbiguousMessageError } from "./errors.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";
import type { Message } from "./message.js";
import { type Named, Union } from "./one-of.js";

/** One of several messages with its name, as {@link oneOf} delivers it. */
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
 * Takes one of the messages that share a subject. It is sent so that receivers can tell it from the
 * others; of what arrives, the others are passed over.
 *
 * ```ts
 * const users = oneOf(
 *   { signedUp: json<SignedUp>(), deleted: json<Deleted>() },
 *   { which: byProperty("kind", { signedUp: ["signedUp"], deleted: ["deleted"] }) },
 * );
 * const userDeleted: Channel<NoParams, Deleted> = channel(subject("users"), only(users, "deleted"));
 * ```
 *
 * @param of All messages that travel on the subject.
 * @param name The one to take.
 * @throws InvalidArgumentError when it is not among them.
 */
export function only<V extends AnyNamed, const N extends V["name"]>(
  of: Message<V>,
  name: N,
): Message<PayloadOf<V, N>, HeadersOf<V, N>>;

/**
 * Takes some of the messages that share a subject. They are told apart as all of them are.
 *
 * @param of All messages that travel on the subject.
 * @param names The ones to take.
 * @throws InvalidArgumentError when one is not among them.
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
  throw new InvalidArgumentError("only() takes of what oneOf() made.");
}

/** @internal Some of the messages of a union. */
export class Part implements Message<unknown, unknown> {
  readonly union: Union;
  readonly names: ReadonlySet<string>;
  readonly headerCodec?: HeadersCodec<unknown>;
  readonly correlation?: Correlation;
  readonly isEmpty?: boolean;
  /** The name where it is only one, whose payload then needs no name beside it. */
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
    const told = tellAmong(this.names, this.union, buffer, start, end, headers);
    return told === FOREIGN ? FOREIGN : this.take(told, headers);
  }

  /** What is delivered of a message that is one of these. */
  take(told: Named, headers: NatsHeaders | undefined): unknown {
    if (this.#name === undefined) return this.union.deliver(told, headers);
    const { accept } = this.union.get(told.name);
    return accept === undefined ? told.message : accept(told.message);
  }

  #named(value: unknown): Named {
    return this.#name === undefined ? (value as Named) : { name: this.#name, message: value };
  }
}

/**
 * Reads a payload as far as it is known which message it is.
 *
 * @param names The messages that matter.
 * @returns FOREIGN for one that is none of them, or can only be others.
 */
export function tellAmong(
  names: { has(name: string): boolean },
  union: Union,
  buffer: Uint8Array,
  start: number,
  end: number,
  headers: NatsHeaders | undefined,
): Named | typeof FOREIGN {
  try {
    const told = union.tell(buffer, start, end, headers);
    return names.has(told.name) ? told : FOREIGN;
  } catch (error) {
    const isOthers =
      error instanceof AmbiguousMessageError && !error.names.some((name) => names.has(name));
    if (isOthers) return FOREIGN;
    throw error;
  }
}
