import {
  InvalidHeaderError,
  MaxPayloadError,
  MessagesDroppedError,
  type NatsError,
} from "../errors.js";
import { HEADERS_UNSUPPORTED } from "../protocol/headers.js";
import { LARGEST_MAX_PAYLOAD } from "../protocol/protocol-writer.js";
import type { ServerInfo } from "../protocol/server-info.js";
import type { WaitingMessage } from "../protocol/waiting-messages.js";
import type { Parts } from "./parts.js";

/**
 * Applies the limits of a server, also to waiting messages. These may have been written before the limits were known, or
 * for a server with larger limits; the server would close the connection because of them.
 *
 * @param info INFO of the server.
 * @param parts Parts of the engine that hold waiting messages; a request that is too large rejects.
 * @param report Gets an error for each other message that is dropped.
 * @returns Number of dropped messages.
 */
export function applyLimits(
  info: ServerInfo,
  { writeLoop, pings, subscriptions, requests }: Parts,
  report: (error: NatsError) => void,
): number {
  const { writer } = writeLoop;
  const maxPayload = Math.min(info.max_payload, LARGEST_MAX_PAYLOAD);
  const headersSupported = info.headers === true;
  const lower = maxPayload < writer.maxPayload || (writer.headersSupported && !headersSupported);
  writer.maxPayload = maxPayload;
  writer.headersSupported = headersSupported;
  if (!lower || writeLoop.waitingMessages === 0) return 0;

  const failure = ({ size, hasHeaders }: WaitingMessage): NatsError | undefined => {
    if (size > maxPayload) return new MaxPayloadError(size, maxPayload);
    return hasHeaders && !headersSupported
      ? new InvalidHeaderError(HEADERS_UNSUPPORTED)
      : undefined;
  };
  /** By the bytes written up to the end of each message. */
  const unfit = new Map<number, NatsError>();
  writeLoop.remove(
    headersSupported ? maxPayload : 0,
    (message, position) => {
      const error = failure(message);
      if (error !== undefined) unfit.set(position, error);
      return false;
    },
    () => {},
  );
  if (unfit.size === 0) return 0;
  const told = writeLoop.early?.refuse(unfit);
  const errors: NatsError[] = [];
  let dropped = 0;
  writeLoop.remove(
    0,
    (_, position) => unfit.has(position),
    (message, position) => {
      dropped++;
      const error = unfit.get(position)!;
      const bytes = message.end - message.start;
      pings.removed(position, bytes);
      subscriptions.removed(position, bytes);
      if (requests.removed(position, bytes, error) || told?.has(position)) return;
      const what = `A message on "${message.subject}" was not sent: ${error.message}`;
      errors.unshift(new MessagesDroppedError(what, 1, { cause: error }));
    },
  );
  // Only now: error handlers may publish.
  for (const error of errors) report(error);
  return dropped;
}
