import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapSetter,
} from "@opentelemetry/api";
import { NatsHeaders, type NatsHeadersInit } from "../protocol/headers.js";

/** What has headers. */
interface Carrier {
  readonly headers: NatsHeaders | undefined;
}

/** The contexts in which the messages of loops are processed. */
const processing = new WeakMap<object, Context>();

const setter: TextMapSetter<NatsHeaders> = {
  set: (headers, name, value) => void headers.set(name, value),
};

const getter: TextMapGetter<NatsHeaders> = {
  keys: (headers) => [...new Set([...headers].map(([name]) => name))],
  // Clients in other languages write the names in capitals.
  get: (headers, name) =>
    headers.get(name) ??
    [...headers].find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1],
};

/** @returns The headers, and those that carry the context. */
export function inject(headers: NatsHeadersInit | undefined, carried: Context): NatsHeaders {
  const injected = new NatsHeaders(headers);
  propagation.inject(carried, injected, setter);
  return injected;
}

/**
 * The context that came with a message.
 *
 * The one in which the message happened to be read is not taken into account: it is that of whoever opened
 * the connection.
 */
export function extract({ headers }: Carrier): Context {
  return headers === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, headers, getter);
}

/** Remembers the context in which a message is processed. */
export function process(message: object, processed: Context): void {
  processing.set(message, processed);
}

/**
 * The trace that a message belongs to. Handlers run in it by themselves; the body of a loop does not, and
 * asks for it.
 *
 * ```ts
 * for await (const message of nats.messages<Job>("jobs")) {
 *   await context.with(contextOf(message), () => work(message.value));
 * }
 * ```
 *
 * @param message A message of {@link traced} commands, or any other.
 */
export function contextOf(message: Carrier): Context {
  return processing.get(message) ?? extract(message);
}

/** Runs something in a context. */
export const within: <R>(carried: Context, run: () => R) => R = (carried, run) =>
  context.with(carried, run);
