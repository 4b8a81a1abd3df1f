import { errors, type Payload } from "@nats-io/nats-core/internal";
import type { ProtocolWriter } from "../protocol/protocol-writer.js";
import { checkLength } from "../protocol/subject.js";
import { coreError } from "./errors.js";
import type { CoreHeaders } from "./headers.js";

/**
 * Rejects a subject that is invalid in the protocol, as `@nats-io/nats-core` does.
 *
 * @throws InvalidSubjectError of `@nats-io/nats-core`.
 */
export function checkSubject(subject: string): void {
  if (typeof subject !== "string" || subject === "" || /[ \n\r\t]/.test(subject)) {
    // The message shows a missing subject as an empty one.
    throw new errors.InvalidSubjectError(subject || "");
  }
}

/**
 * Publishes to a subject that the engine rejects, but servers accept unless they are pedantic: a
 * subject with wildcards or empty tokens. JetStream's API has such subjects, which end in a filter.
 *
 * @returns Number of bytes of the payload.
 * @throws errors of `@nats-io/nats-core`.
 */
export function writeAsIs(
  writer: ProtocolWriter,
  subject: string,
  reply: string | undefined,
  payload: Payload = "",
  headers: CoreHeaders | undefined,
): number {
  checkSubject(subject);
  if (reply !== undefined) checkSubject(reply);
  const subjects = reply === undefined ? subject : `${subject} ${reply}`;
  if (headers !== undefined && !writer.headersSupported) {
    throw errors.InvalidArgumentError.format("headers", "are not available on this server");
  }
  const head = Buffer.from(headers?.encode() ?? "");
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  const size = head.length + body.length;
  if (size > writer.maxPayload) {
    throw errors.InvalidArgumentError.format("payload", "max_payload size exceeded");
  }
  const line =
    headers === undefined ? `PUB ${subjects} ${size}` : `HPUB ${subjects} ${head.length} ${size}`;
  try {
    checkLength(subject, reply ?? "");
    writer.direct(Buffer.concat([Buffer.from(`${line}\r\n`), head, body, Buffer.from("\r\n")]));
  } catch (error) {
    throw coreError(error, subject);
  }
  return body.length;
}
