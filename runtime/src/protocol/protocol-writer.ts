import { copyBytes, encodeUtf8, utf8Length } from "../buffers/bytes.js";
import type { NatsWriter } from "../buffers/nats-writer.js";
import type { WriteBuffer } from "../buffers/write-buffer.js";
import {
  InvalidHeaderError,
  MaxPayloadError,
  NatsError,
  NestedCommandError,
  SerializeError,
} from "../errors.js";
import { writeNumber, writeSized, writeSubject } from "./fields.js";
import { HEADERS_UNSUPPORTED, type NatsHeaders } from "./headers.js";
import { NatsKey } from "./nats-key.js";
import { lineTooLong, notAKey, wildcardInPublish } from "./subject.js";

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const ZERO = 0x30;
const LETTER_H = 0x48;
const PUB = encodeUtf8("PUB ");

/** The client's PING, encoded. */
export const PING: Uint8Array = encodeUtf8("PING\r\n");
/** The reply to the server's PING, encoded. */
export const PONG: Uint8Array = encodeUtf8("PONG\r\n");

/** Largest `max_payload` that a server accepts in its configuration. */
export const LARGEST_MAX_PAYLOAD = 64 * 1024 * 1024;
/** Number of digits reserved for a payload's size, enough for {@link LARGEST_MAX_PAYLOAD}. */
const SIZE_DIGITS = 8;
/**
 * Servers close a connection that sends a line longer than 4,096 bytes. The difference is for the
 * sizes at the end of the line.
 */
const MAX_LINE_LENGTH = 4_060;

/** The part of a serializer that the protocol uses. */
export interface PayloadSerializer {
  /** Writes one payload. */
  serialize(value: unknown, writer: NatsWriter): void;
}

/**
 * Writes the commands of the client protocol into the write buffer. A command that fails is rolled
 * back, so only complete commands are ever sent.
 *
 * Hot: one call per published message. It allocates nothing for bytes. A serializer writes directly
 * into the chunk; the size is filled in afterwards and padded with spaces.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class ProtocolWriter {
  /**
   * The server's limit for headers and payload together, in bytes; the largest possible limit until
   * the server announces its own.
   */
  maxPayload = LARGEST_MAX_PAYLOAD;
  /** `true` if the server supports headers; assumed until the server says otherwise. */
  headersSupported = true;

  readonly #buffer: WriteBuffer;
  /** `true` while a command is being written, possibly by a serializer. */
  #writing = false;
  /** `true` while a batch is being written. */
  #batching = false;

  /** `true` while a command is being written, so that no other can begin. */
  get busy(): boolean {
    return this.#writing;
  }

  /** @param buffer Destination of the commands. */
  constructor(buffer: WriteBuffer) {
    this.#buffer = buffer;
  }

  /**
   * PUB or HPUB.
   *
   * @param key The subject.
   * @param value The payload.
   * @param serializer Writes the payload; `undefined` for bytes, and for no payload at all.
   * @param headers Headers to send, not empty.
   * @param reply The reply subject.
   */
  publish(
    key: NatsKey | string,
    value: unknown,
    serializer: PayloadSerializer | undefined,
    headers: NatsHeaders | undefined,
    reply: NatsKey | string | undefined,
  ): void {
    if (
      serializer === undefined &&
      headers === undefined &&
      reply === undefined &&
      value !== undefined &&
      key instanceof NatsKey
    ) {
      this.#publishBytes(key, value as Uint8Array);
      return;
    }
    const buffer = this.#begin();
    try {
      this.#publishHead(key, headers !== undefined);
      if (reply !== undefined) this.#replyTo(reply);
      this.#body(key, value, serializer, headers);
    } catch (error) {
      buffer.rollback();
      throw error;
    } finally {
      this.#writing = false;
    }
    buffer.messages++;
  }

  /**
   * PUB or HPUB with a numbered reply subject.
   *
   * @param inbox The reply subject without its number, as bytes.
   * @param token The number.
   */
  request(
    key: NatsKey | string,
    value: unknown,
    serializer: PayloadSerializer | undefined,
    headers: NatsHeaders | undefined,
    inbox: Uint8Array,
    token: number,
  ): void {
    const buffer = this.#begin();
    try {
      this.#publishHead(key, headers !== undefined);
      buffer.bytes(inbox);
      this.#number(token);
      this.#body(key, value, serializer, headers);
    } catch (error) {
      buffer.rollback();
      throw error;
    } finally {
      this.#writing = false;
    }
    buffer.messages++;
  }

  /** SUB. The caller checks subject and queue group. */
  subscribe(subject: string, queue: string | undefined, sid: number): void {
    this.#control(`SUB ${subject} ${queue === undefined ? "" : `${queue} `}${sid}\r\n`);
  }

  /**
   * UNSUB. @param max Number of messages after which the subscription ends; immediately without it.
   */
  unsubscribe(sid: number, max?: number): void {
    this.#control(max === undefined ? `UNSUB ${sid}\r\n` : `UNSUB ${sid} ${max}\r\n`);
  }

  /** PING. */
  ping(): void {
    this.#control("PING\r\n");
  }

  /**
   * Writes all messages of a batch, or none.
   *
   * @param write Writes the messages one after the other.
   */
  batch(write: () => void): void {
    if (this.#writing || this.#batching) throw new NestedCommandError();
    const buffer = this.#buffer;
    buffer.hold();
    this.#batching = true;
    try {
      write();
    } catch (error) {
      buffer.restore();
      throw error;
    } finally {
      this.#batching = false;
    }
    buffer.commit();
  }

  /** Writes complete commands unchanged. */
  direct(protocol: Uint8Array): void {
    const buffer = this.#begin();
    try {
      buffer.bytes(protocol);
    } catch (error) {
      buffer.rollback();
      throw error;
    } finally {
      this.#writing = false;
    }
  }

  /**
   * Writes a command on which the engine's state depends. The limit of pending bytes does not
   * apply.
   */
  #control(line: string): void {
    const buffer = this.#begin();
    buffer.unlimited = true;
    try {
      buffer.utf8(line);
    } finally {
      buffer.unlimited = false;
      this.#writing = false;
    }
  }

  #begin(): WriteBuffer {
    if (this.#writing) throw new NestedCommandError();
    this.#writing = true;
    this.#buffer.begin();
    return this.#buffer;
  }

  /**
   * Writes a PUB of ready bytes by key. Every check comes before the first byte is written, and no
   * foreign code runs in between, so nothing has to be rolled back.
   */
  #publishBytes(key: NatsKey, payload: Uint8Array): void {
    if (this.#writing) throw new NestedCommandError();
    if (key.wildcard) throw wildcardInPublish(key.subject);
    const head = key.publish;
    if (head.length > MAX_LINE_LENGTH) throw lineTooLong(key.subject);
    const size = payload.length;
    if (size > this.maxPayload) throw new MaxPayloadError(size, this.maxPayload);
    const buffer = this.#buffer;
    buffer.begin();
    const at = buffer.reserve(head.length + size + SIZE_DIGITS + 4);
    const memory = buffer.buffer;
    buffer.position = writeSized(memory, copyBytes(memory, at, head), payload);
    buffer.messages++;
  }

  #publishHead(key: NatsKey | string, withHeaders: boolean): void {
    const buffer = this.#buffer;
    if (typeof key === "string") {
      let at = buffer.reserve(key.length * 3 + 6);
      const memory = buffer.buffer;
      if (withHeaders) memory[at++] = LETTER_H;
      memory[at] = PUB[0]!;
      memory[at + 1] = PUB[1]!;
      memory[at + 2] = PUB[2]!;
      memory[at + 3] = SPACE;
      buffer.position = writeSubject(memory, at + 4, key);
      return;
    }
    if (!(key instanceof NatsKey)) throw notAKey(key);
    if (key.wildcard) throw wildcardInPublish(key.subject);
    const head = key.publish;
    let at = buffer.reserve(head.length + 1);
    if (withHeaders) buffer.buffer[at++] = LETTER_H;
    buffer.position = copyBytes(buffer.buffer, at, head);
  }

  #replyTo(reply: NatsKey | string): void {
    if (typeof reply !== "string" && !(reply instanceof NatsKey)) throw notAKey(reply);
    const subject = String(reply);
    const buffer = this.#buffer;
    const at = buffer.reserve(subject.length * 3 + 1);
    buffer.position = writeSubject(buffer.buffer, at, subject);
  }

  #body(
    key: NatsKey | string,
    value: unknown,
    serializer: PayloadSerializer | undefined,
    headers: NatsHeaders | undefined,
  ): void {
    if (this.#buffer.begun > MAX_LINE_LENGTH) throw lineTooLong(String(key));
    if (headers === undefined && serializer === undefined) {
      if (value === undefined) this.#emptyPayload();
      else this.#bytesPayload(value as Uint8Array);
    } else {
      this.#serializedPayload(key, value, serializer, headers);
    }
  }

  /** Writes an integer and a space. */
  #number(value: number): void {
    const buffer = this.#buffer;
    // Reserving may replace the memory.
    const at = buffer.reserve(17);
    const end = writeNumber(buffer.buffer, at, value);
    buffer.buffer[end] = SPACE;
    buffer.position = end + 1;
  }

  #emptyPayload(): void {
    const buffer = this.#buffer;
    const at = buffer.reserve(5);
    const memory = buffer.buffer;
    memory[at] = ZERO;
    memory[at + 1] = CR;
    memory[at + 2] = LF;
    memory[at + 3] = CR;
    memory[at + 4] = LF;
    buffer.position = at + 5;
  }

  #bytesPayload(payload: Uint8Array): void {
    const buffer = this.#buffer;
    const size = payload.length;
    if (size > this.maxPayload) throw new MaxPayloadError(size, this.maxPayload);
    const at = buffer.reserve(size + SIZE_DIGITS + 4);
    buffer.position = writeSized(buffer.buffer, at, payload);
  }

  /** Writes a payload of unknown size: the size is filled in afterwards. */
  #serializedPayload(
    key: NatsKey | string,
    value: unknown,
    serializer: PayloadSerializer | undefined,
    headers: NatsHeaders | undefined,
  ): void {
    const buffer = this.#buffer;
    let headersSize = 0;
    let headersText = "";
    if (headers !== undefined) {
      if (!this.headersSupported) throw new InvalidHeaderError(HEADERS_UNSUPPORTED);
      headersText = headers.encode();
      headersSize = utf8Length(headersText);
      this.#number(headersSize);
    }
    let at = buffer.reserve(SIZE_DIGITS + 2);
    buffer.buffer[at + SIZE_DIGITS] = CR;
    buffer.buffer[at + SIZE_DIGITS + 1] = LF;
    buffer.position = at + SIZE_DIGITS + 2;
    if (headers !== undefined) buffer.utf8(headersText);
    buffer.beginPayload();
    if (serializer === undefined) {
      if (value !== undefined) buffer.bytes(value as Uint8Array);
    } else {
      this.#serialize(key, value, serializer);
    }
    const size = buffer.length + headersSize;
    if (size > this.maxPayload) throw new MaxPayloadError(size, this.maxPayload);
    at = buffer.reserve(2);
    const memory = buffer.buffer;
    memory[at] = CR;
    memory[at + 1] = LF;
    buffer.position = at + 2;
    const field = buffer.beforePayload(headersSize + SIZE_DIGITS + 2);
    const end = field + SIZE_DIGITS;
    for (let i = writeNumber(memory, field, size); i < end; i++) memory[i] = SPACE;
  }

  #serialize(key: NatsKey | string, value: unknown, serializer: PayloadSerializer): void {
    try {
      const result: unknown = serializer.serialize(value, this.#buffer);
      if (result instanceof Promise) {
        result.catch(() => {});
        throw new TypeError("serialize() must not be asynchronous");
      }
    } catch (error) {
      if (error instanceof NatsError) throw error;
      throw new SerializeError(String(key), error);
    }
  }
}
