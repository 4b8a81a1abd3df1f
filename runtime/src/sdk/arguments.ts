import type { Message } from "./message.js";
import type { Send } from "./send.js";
import type { Filter, Key, Subject } from "./subject.js";

/** Parameters of a subject to send on, or a key made of them; no argument for a subject without parameters. */
export type SubjectArguments<P> = [keyof P] extends [never]
  ? []
  : P extends string
    ? [subject: P | Key<P>]
    : [params: P | Key<P>];

/** Parameters to listen by; no argument for a subject without parameters. */
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

/** Arguments of a channel's calls that it takes: others are left out, and those behind them move up. */
export interface Takes {
  readonly params: boolean;
  readonly payload: boolean;
}

/** @returns The arguments that a channel takes. */
export function takes(
  subject: Pick<Subject<never>, "parameters">,
  message: Pick<Message<never>, "isEmpty">,
): Takes {
  return { params: subject.parameters.length > 0, payload: message.isEmpty !== true };
}

/** @returns The payload among the arguments of a call that sends. Hot. */
export function payloadOf({ params, payload }: Takes, first: unknown, second: unknown): unknown {
  return payload ? (params ? second : first) : undefined;
}

/** @returns The options among the arguments of a call that sends. Hot. */
export function optionsOf(
  { params, payload }: Takes,
  first: unknown,
  second: unknown,
  third: unknown,
): unknown {
  return params && payload ? third : params || payload ? second : first;
}

/** @returns The arguments of a call that listens, with their parameters. */
export function withParams(
  subject: Pick<Subject<never>, "parameters">,
  args: readonly unknown[],
): readonly unknown[] {
  return subject.parameters.length === 0 ? [undefined, ...args] : args;
}
