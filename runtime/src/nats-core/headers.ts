import {
  headers as emptyHeaders,
  errors,
  type MsgHdrs,
  type PublishOptions,
} from "@nats-io/nats-core/internal";
import { utf8Length } from "../buffers/bytes.js";
import { NatsHeaders } from "../protocol/headers.js";

/** Start of encoded headers: the version, and a status if there is one. */
const VERSION_LINE = /^NATS\/1\.0[ \r]/;

/** Headers of `@nats-io/nats-core` for the engine's writer. */
export class CoreHeaders extends NatsHeaders {
  readonly #text: string;
  /** Number of bytes on the wire. */
  readonly byteLength: number;

  private constructor(text: string) {
    super();
    this.#text = text;
    this.byteLength = utf8Length(text);
  }

  /**
   * @param headers The headers of a message.
   * @returns Headers for the writer; `undefined` if there are none to send, which is frequent in
   * JetStream.
   * @throws errors.InvalidArgumentError for other objects, which would be written into the protocol
   * without encoding.
   */
  static of(headers: MsgHdrs): CoreHeaders | undefined {
    // Only the class that `headers()` creates can be encoded, not every object with its interface.
    const text = String(headers);
    if (text === "") return undefined;
    if (typeof headers !== "object" || !VERSION_LINE.test(text)) {
      throw errors.InvalidArgumentError.format("headers", "are made by headers()");
    }
    return new CoreHeaders(text);
  }

  override encode(): string {
    return this.#text;
  }
}

/** The headers of a message, with those for the server's message tracing. */
export function tracedHeaders({
  headers,
  traceOnly,
  traceDestination,
}: PublishOptions): MsgHdrs | undefined {
  if (traceOnly === undefined && traceDestination === undefined) return headers;
  const traced = headers ?? emptyHeaders();
  if (traceOnly !== undefined) traced.set("Nats-Trace-Only", "true");
  if (traceDestination !== undefined) traced.set("Nats-Trace-Dest", traceDestination);
  return traced;
}
