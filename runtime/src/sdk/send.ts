import type { NatsHeadersInit } from "../protocol/headers.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";
import type { Message } from "./message.js";

/** The headers to send with a message: of the type that the document gives them, else any. */
export type SentHeaders<H> = [keyof H] extends [never] ? NatsHeadersInit : H;

/** The last argument of what sends: may be left out where no header is required. */
export type Send<H, O = unknown> = NoHeaders extends H
  ? [options?: (O & { readonly headers?: SentHeaders<H> }) | undefined]
  : [options: O & { readonly headers: SentHeaders<H> }];

/** {@link Send} as it is at run time. */
export interface SendOptions {
  readonly headers?: unknown;
}

/**
 * Fills in the correlation id of a request.
 *
 * @param ask How the request is written.
 * @param given The options of the call.
 * @returns Message and options as they go out; nothing of the caller's is changed.
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
 * Hot: without options of the call, the engine gets the same object for each message of a channel.
 *
 * @param made The options that a channel made once.
 * @param codec Writes the headers, where they are typed.
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
