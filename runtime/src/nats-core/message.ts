import { type MsgHdrs, MsgHdrsImpl, MsgImpl, type Publisher } from "@nats-io/nats-core/internal";
import { copyOutBuffer } from "../buffers/slab.js";
import type { Frame } from "../protocol/frame.js";

const NO_ARGUMENTS = { subject: new Uint8Array(0), sid: 0, hdr: -1, size: -1 };

/**
 * A message in the form of `@nats-io/nats-core`. Its headers and payload are copied out of the read
 * buffer together; headers are parsed on first access.
 *
 * Hot: created for each message.
 */
export class Message extends MsgImpl {
  readonly #sid: number;
  readonly #headersSize: number;
  readonly #lineSize: number;
  #data: Uint8Array | undefined;

  /**
   * @param frame The message in the read buffer.
   * @param subject Its subject, which the caller may know already.
   * @param sid The subscription's id.
   * @param publisher Sends replies.
   */
  constructor(frame: Frame, subject: string, sid: number, publisher: Publisher) {
    super(NO_ARGUMENTS, copyOutBuffer(frame.buffer, frame.headersStart, frame.end), publisher);
    this._subject = subject;
    this._reply = frame.reply ?? "";
    this.#sid = sid;
    this.#headersSize = frame.start - frame.headersStart;
    this.#lineSize = frame.subjectEnd - frame.subjectStart + frame.replyEnd - frame.replyStart;
  }

  override get subject(): string {
    return this._subject;
  }

  override get reply(): string {
    return this._reply;
  }

  override get sid(): number {
    return this.#sid;
  }

  override get headers(): MsgHdrs | undefined {
    if (this.#headersSize === 0) return undefined;
    this._headers ??= MsgHdrsImpl.decode(this._rdata.subarray(0, this.#headersSize));
    return this._headers;
  }

  override get data(): Uint8Array {
    if (this.#headersSize === 0) return this._rdata;
    this.#data ??= this._rdata.subarray(this.#headersSize);
    return this.#data;
  }

  override size(): number {
    return this.#lineSize + this._rdata.length;
  }
}
