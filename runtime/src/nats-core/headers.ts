import {
  headers as emptyHeaders,
  errors,
  type MsgHdrs,
  type PublishOptions,
} from "@nats-io/nats-core/internal";
import { utf8Length } from "../buffers/bytes.js";
import { NatsHeaders } from "../protocol/headers.js";

/** What encoded headers begin with: the version, and a status where there is one. */
const VERSION_LINE = /^NATS\/1\.0[ \r]/;

/** Headers of `@nats-io/nats-core`, for the engine's writer. */
export class CoreHeaders extends NatsHeaders {
  readonly #text: string;
  /** Bytes on the wire. */
  readonly byteLength: number;

  private constructor(text: string) {
    super();
    this.#text = text;
    this.byteLength = utf8Length(text);
  }

  /**
   * @param headers Headers as they are given with a message.
   * @returns What the writer takes; `undefined` where there is nothing to send, as JetStream often has it.
   * @throws errors.InvalidArgumentError for what is no headers, and would be written into the protocol as it is.
   */
  static of(headers: MsgHdrs): CoreHeaders | undefined {
    // Of the class that `headers()` makes: the interface itself cannot be encoded.
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

/** The headers of a message with those by which the server traces it. */
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
