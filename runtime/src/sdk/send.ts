import type { NatsHeadersInit } from "../protocol/headers.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";
import type { Message } from "./message.js";

/** Headers to send with a message: typed if the document describes them, otherwise any. */
export type SentHeaders<H> = [keyof H] extends [never] ? NatsHeadersInit : H;

/** Last argument of a sending call: optional if no header is required. */
export type Send<H, O = unknown> = NoHeaders extends H
  ? [options?: (O & { readonly headers?: SentHeaders<H> }) | undefined]
  : [options: O & { readonly headers: SentHeaders<H> }];

/** {@link Send} at run time. */
export interface SendOptions {
  readonly headers?: unknown;
}

/**
 * Fills in the correlation id of a request.
 *
 * @param ask The codec of the request.
 * @param given The options of the call.
 * @returns The message and options to send; the caller's objects are not changed.
 */
export function correlating<Q, H, O extends SendOptions>(
  { correlation }: Message<Q, H>,
  message: Q,
  given: O | undefined,
): readonly [message: Q, options: O | undefined] {
  if (correlation === undefined) return [message, given];
  const filled = correlation.fill(message, given?.headers);
  const { headers } = filled;
  return [filled.message as Q, headers === given?.headers ? given : ({ ...given, headers } as O)];
}

/**
 * Creates the options for the engine. Hot: without options of the call, it returns the same object
 * for each message of a channel.
 *
 * @param made The prepared options of the channel.
 * @param codec Codec of the headers, if they are typed.
 * @param given The options of the call.
 */
export function sending<O extends object, H>(
  made: O,
  codec: HeadersCodec<H> | undefined,
  given: SendOptions | undefined,
): O {
  if (given === undefined) return made;
  const { headers } = given;
  if (headers === undefined || codec === undefined) return { ...given, ...made };
  return { ...given, ...made, headers: codec.write(headers as H) };
}
