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
 * Keeps to what a server takes: from now on, and with what waits, which may have been written when no
 * server had said anything yet, or another one that takes more. It would cost the connection.
 *
 * @param info What the server says of itself.
 * @param parts Where messages wait: a request that is too large rejects.
 * @param report Told of the other messages that are given up.
 * @returns How many messages are.
 */
export function applyLimits(
  info: ServerInfo,
  { writeLoop, pings, requests }: Parts,
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
  const errors: NatsError[] = [];
  let dropped = 0;
  writeLoop.remove(
    headersSupported ? maxPayload : 0,
    (message) => failure(message) !== undefined,
    (message, position) => {
      dropped++;
      const error = failure(message)!;
      const bytes = message.end - message.start;
      pings.removed(position, bytes);
      if (requests.removed(position, bytes, error)) return;
      const what = `A message on "${message.subject}" was not sent: ${error.message}`;
      errors.unshift(new MessagesDroppedError(what, 1, { cause: error }));
    },
  );
  // Told only now: who is told may publish.
  for (const error of errors) report(error);
  return dropped;
}
