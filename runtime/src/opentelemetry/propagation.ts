import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapSetter,
} from "@opentelemetry/api";
import { NatsHeaders, type NatsHeadersInit } from "../protocol/headers.js";

/** An object with headers. */
interface Carrier {
  readonly headers: NatsHeaders | undefined;
}

/** Contexts in which the messages of loops are processed. */
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

/** @returns The headers, with those that carry the context. */
export function inject(headers: NatsHeadersInit | undefined, carried: Context): NatsHeaders {
  const injected = new NatsHeaders(headers);
  propagation.inject(carried, injected, setter);
  return injected;
}

/**
 * The context that a message carries.
 *
 * The context in which the message was read does not matter: it belongs to the code that opened the
 * connection.
 */
export function extract({ headers }: Carrier): Context {
  return headers === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, headers, getter);
}

/** Stores the context in which a message is processed. */
export function process(message: object, processed: Context): void {
  processing.set(message, processed);
}

/**
 * The trace context of a message. Handlers run in it automatically. The body of a loop does not,
 * and must use it explicitly:
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

/** Runs a function in a context. */
export const within: <R>(carried: Context, run: () => R) => R = (carried, run) =>
  context.with(carried, run);
