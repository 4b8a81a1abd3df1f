import { decodeUtf8 } from "../buffers/bytes.js";
import { type NatsHeaders, parseHeaders } from "./headers.js";

const NOTHING = new Uint8Array(0);

/**
 * A received message in the read buffer. All values are borrowed and valid only during the call.
 */
export interface RawMessage {
  /** The subject on which the message was published. */
  readonly subject: string;
  /** The subject on which the sender expects a reply. */
  readonly reply: string | undefined;
  /** The message's headers. Safe to keep. */
  readonly headers: NatsHeaders | undefined;
  /** The read buffer. Overwritten after the call. */
  readonly buffer: Uint8Array;
  /** The payload's first byte in {@link buffer}. */
  readonly start: number;
  /** One past the payload's last byte in {@link buffer}. */
  readonly end: number;
}

/**
 * The parser's current message: positions in the read buffer, decoded into strings only on access.
 * One object serves all messages of a connection.
 */
export class Frame implements RawMessage {
  buffer: Uint8Array = NOTHING;
  /** First byte of the operation. */
  begin = 0;
  /** The subscription's number. */
  sid = 0;
  subjectStart = 0;
  subjectEnd = 0;
  replyStart = 0;
  /** Equals {@link replyStart} if there is no reply subject. */
  replyEnd = 0;
  headersStart = 0;
  /** One past the headers, which is the first byte of the payload. */
  start = 0;
  end = 0;

  get subject(): string {
    return decodeUtf8(this.buffer, this.subjectStart, this.subjectEnd);
  }

  get reply(): string | undefined {
    return this.replyStart === this.replyEnd
      ? undefined
      : decodeUtf8(this.buffer, this.replyStart, this.replyEnd);
  }

  get headers(): NatsHeaders | undefined {
    return this.headersStart === this.start
      ? undefined
      : parseHeaders(this.buffer, this.headersStart, this.start);
  }

  /** `true` if the message has headers. */
  get hasHeaders(): boolean {
    return this.headersStart !== this.start;
  }
}
