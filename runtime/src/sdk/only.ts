import type { NatsWriter } from "../buffers/nats-writer.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";
import { FOREIGN } from "../serialization/serializer.js";
import type { Correlation } from "./correlation.js";
import { AmbiguousMessageError } from "./errors.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";
import type { Message } from "./message.js";
import { type Named, type Open, Union } from "./one-of.js";

/** One of several messages with its name, in the form of {@link oneOf}. */
interface AnyNamed {
  readonly name: string | undefined;
  readonly message: unknown;
}

/** The payload of a message, by its name. */
type PayloadOf<V extends AnyNamed, N> = Extract<V, { readonly name: N }>["message"];

/** The typed headers of a message, by its name. */
type HeadersOf<V extends AnyNamed, N> =
  Extract<V, { readonly name: N }> extends { readonly headers: infer H } ? H : NoHeaders;

/**
 * Selects one of the messages that share a subject. It is sent in a form that receivers can
 * identify. Received messages of other names are skipped; a message without a name is delivered if
 * it fits the selected one.
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
export function only<V extends AnyNamed, const N extends V["name"] & string>(
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
export function only<V extends AnyNamed, const N extends V["name"] & string>(
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
    const identified = this.union.identify(buffer, start, end, headers, this.names);
    return identified === FOREIGN ? FOREIGN : this.take(identified, headers);
  }

  /** The same messages as requests: one that another operation may have sent is an error. */
  get requests(): Message<unknown, unknown> {
    const { headerCodec, correlation, isEmpty } = this;
    return {
      ...(headerCodec && { headerCodec }),
      ...(correlation && { correlation }),
      ...(isEmpty && { isEmpty }),
      serialize: (value, writer) => this.serialize(value, writer),
      deserialize: (buffer, start, end, headers) => {
        const read = identifyRequest(this.names, this.union, buffer, start, end, headers);
        return read === FOREIGN ? FOREIGN : this.take(read, headers);
      },
    };
  }

  /** The value to deliver for one of these messages. */
  take(identified: Named | Open, headers: NatsHeaders | undefined): unknown {
    if (this.#name === undefined) return this.union.deliver(identified, headers);
    const { accept } = this.union.get(this.#name);
    return accept === undefined ? identified.message : accept(identified.message);
  }

  #named(value: unknown): Named {
    return this.#name === undefined ? (value as Named) : { name: this.#name, message: value };
  }
}

/**
 * Reads a request that must not belong to another operation of its subject: it is identified among
 * all messages.
 *
 * @param names The messages of the operation.
 * @returns FOREIGN for a request that can only be another one.
 * @throws AmbiguousMessageError if it can also be another one
 */
export function identifyRequest(
  names: { has(name: string): boolean },
  union: Union,
  buffer: Uint8Array,
  start: number,
  end: number,
  headers: NatsHeaders | undefined,
): Named | Open | typeof FOREIGN {
  const identified = union.identify(buffer, start, end, headers, EVERY);
  if (identified === FOREIGN) return FOREIGN;
  const { name } = identified;
  if (name !== undefined) return names.has(name) ? identified : FOREIGN;
  const own = identified.names.filter((each) => names.has(each));
  if (own.length === 0) return FOREIGN;
  if (own.length < identified.names.length) throw new AmbiguousMessageError(identified.names);
  return identified;
}

/** The names of all messages. */
const EVERY = { has: () => true };
