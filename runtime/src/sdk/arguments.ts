import type { Send } from "./send.js";
import type { Filter, Key } from "./subject.js";

/**
 * Parameters of a subject to publish to, or a key made from them; no argument for a subject without
 * parameters.
 */
export type SubjectArguments<P> = [keyof P] extends [never]
  ? []
  : P extends string
    ? [subject: P | Key<P>]
    : [params: P | Key<P>];

/** Parameters to subscribe by; no argument for a subject without parameters. */
export type FilterArguments<P> = [keyof P] extends [never]
  ? []
  : P extends string
    ? [subject: P]
    : [params: Filter<P>];

/** {@link FilterArguments} that may be left out. */
export type OptionalFilterArguments<P> = [keyof P] extends [never]
  ? []
  : P extends string
    ? [subject: P]
    : [params?: Filter<P>];

/** Parameters, payload and options of a message to send; no payload for a message without one. */
export type SendArguments<P, T, H, O = unknown> = [
  ...params: SubjectArguments<P>,
  ...message: [T] extends [undefined] ? [] : [message: T],
  ...options: Send<H, O>,
];

/** Position of an argument that a call does not have. */
export const ABSENT = 3;

/** Argument at a position. Hot: a rest parameter would create a list for each message. */
export function argument(
  position: number,
  first: unknown,
  second: unknown,
  third?: unknown,
): unknown {
  return position === 0 ? first : position === 1 ? second : position === 2 ? third : undefined;
}
