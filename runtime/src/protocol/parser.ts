import { decodeUtf8 } from "../buffers/bytes.js";
import { ProtocolError } from "../errors.js";
import { Frame } from "./frame.js";
import { ERR, HMSG, INFO, MSG, OK, PING, PONG } from "./opcodes.js";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/** The largest `max_payload` that a server can be configured with, and the most that is ever allocated. */
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024;
/** The longest control line; INFO of a large cluster is the longest there is. */
const MAX_LINE_LENGTH = 64 * 1024;
/** Digits of a subscription's number that fit a safe integer. */
const MAX_SID_DIGITS = 15;

/** What a server's operations are handed to. */
export interface OperationHandler {
  /** MSG or HMSG. The frame is borrowed and changes with the next operation. */
  message(frame: Frame): void;
  /** INFO. @param json What follows it. */
  info(json: string): void;
  /** PING */
  ping(): void;
  /** PONG */
  pong(): void;
  /** -ERR. @param text What follows it, without its quotes. */
  serverError(text: string): void;
}

/**
 * Reads the operations of the server from bytes, wherever they were split. Operations are recognized by
 * one 32-bit comparison, their arguments read in place; what the protocol allows beside the form that
 * servers send (lower case, more white space) takes a slower path.
 *
 * Hot: called for every read of the socket, loops over all messages in it without allocating.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class Parser {
  /** Set by a handler to stop behind the operation that it was called for. */
  paused = false;

  /** Bytes that the unfinished message at the end has in all; 0 where that is not known yet. */
  needed = 0;

  #number = 0;
  readonly #frame = new Frame();
  readonly #handler: OperationHandler;

  /** @param handler Gets the operations. */
  constructor(handler: OperationHandler) {
    this.#handler = handler;
  }

  /**
   * Reads all whole operations.
   *
   * @param buffer The bytes.
   * @param start The first byte, which begins an operation.
   * @param end One past the last byte.
   * @returns Where the first operation begins that is not whole yet, or was not read because of {@link paused}.
   * @throws ProtocolError
   */
  parse(buffer: Uint8Array, start: number, end: number): number {
    this.needed = 0;
    let at = start;
    while (at + 4 <= end && !this.paused) {
      const opcode =
        buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24);
      let next = -1;
      if (opcode === MSG) next = this.#message(buffer, at, at + 4, end, false);
      else if (opcode === HMSG && buffer[at + 4] === SPACE) {
        next = this.#message(buffer, at, at + 5, end, true);
      }
      if (next === -1) next = this.#line(buffer, at, end, opcode);
      if (next === 0) return at;
      at = next;
    }
    return at;
  }

  /**
   * A message in the form that servers send.
   *
   * @returns Where the next operation begins, 0 when this one is not whole, -1 when it has another form.
   */
  #message(
    buffer: Uint8Array,
    begin: number,
    argumentsStart: number,
    end: number,
    withHeaders: boolean,
  ): number {
    let at = argumentsStart;
    const subjectStart = at;
    while (at < end && buffer[at]! > SPACE) at++;
    const subjectEnd = at;
    if (at >= end) return this.#unfinishedLine(begin, end);
    if (buffer[at] !== SPACE || subjectEnd === subjectStart) return -1;

    const sidStart = ++at;
    at = this.#digits(buffer, at, end);
    const sid = this.#number;
    if (at >= end) return this.#unfinishedLine(begin, end);
    if (buffer[at] !== SPACE || at === sidStart || at - sidStart > MAX_SID_DIGITS) return -1;

    // The next argument is the reply subject, unless it is the last one but the sizes.
    let replyStart = 0;
    let replyEnd = 0;
    let argument = ++at;
    at = this.#digits(buffer, at, end);
    if (at >= end) return this.#unfinishedLine(begin, end);
    let isLast = buffer[at] === CR;
    if (withHeaders ? !this.#twoSizesFollow(buffer, at, end) : !isLast) {
      while (at < end && buffer[at]! > SPACE) at++;
      if (at >= end) return this.#unfinishedLine(begin, end);
      if (buffer[at] !== SPACE) return -1;
      replyStart = argument;
      replyEnd = at;
      argument = ++at;
      at = this.#digits(buffer, at, end);
      if (at >= end) return this.#unfinishedLine(begin, end);
      isLast = buffer[at] === CR;
    }
    if (at === argument) return -1;

    let headersSize = 0;
    if (withHeaders) {
      if (buffer[at] !== SPACE) return -1;
      headersSize = this.#number;
      argument = ++at;
      at = this.#digits(buffer, at, end);
      if (at >= end) return this.#unfinishedLine(begin, end);
      if (at === argument) return -1;
      isLast = buffer[at] === CR;
    }
    if (!isLast) return -1;
    if (at + 1 >= end) return this.#unfinishedLine(begin, end);
    if (buffer[at + 1] !== LF) return -1;
    this.#unfinishedLine(begin, at + 1);

    const frame = this.#frame;
    frame.sid = sid;
    frame.subjectStart = subjectStart;
    frame.subjectEnd = subjectEnd;
    frame.replyStart = replyStart;
    frame.replyEnd = replyEnd;
    return this.#payload(buffer, begin, at + 2, end, headersSize, this.#number);
  }

  /** Reads a whole number into {@link #number}. @returns Where it ends. */
  #digits(buffer: Uint8Array, start: number, end: number): number {
    let number = 0;
    let at = start;
    for (; at < end; at++) {
      const digit = buffer[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    this.#number = number;
    return at;
  }

  /** @returns Whether an HMSG's arguments end behind the number that ends here and another one. */
  #twoSizesFollow(buffer: Uint8Array, numberEnd: number, end: number): boolean {
    let at = numberEnd;
    if (buffer[at] !== SPACE) return false;
    at++;
    while (at < end && buffer[at]! >= ZERO && buffer[at]! <= NINE) at++;
    // A split line is read again once there is more of it.
    return at >= end || buffer[at] === CR;
  }

  /** Hands a message over whose frame has its arguments. @returns as {@link #message}. */
  #payload(
    buffer: Uint8Array,
    begin: number,
    bodyStart: number,
    end: number,
    headersSize: number,
    totalSize: number,
  ): number {
    if (totalSize > MAX_MESSAGE_SIZE) {
      throw new ProtocolError(
        `The server announced a message of ${totalSize} bytes; ${MAX_MESSAGE_SIZE} is the most there can be.`,
      );
    }
    if (headersSize > totalSize) {
      throw new ProtocolError(
        `The server announced ${headersSize} bytes of headers in a message of ${totalSize} bytes.`,
      );
    }
    const bodyEnd = bodyStart + totalSize;
    if (bodyEnd + 2 > end) {
      this.needed = bodyEnd + 2 - begin;
      return 0;
    }
    if (buffer[bodyEnd] !== CR || buffer[bodyEnd + 1] !== LF) {
      throw new ProtocolError("A message from the server does not end where it should.");
    }
    const frame = this.#frame;
    frame.buffer = buffer;
    frame.headersStart = bodyStart;
    frame.start = bodyStart + headersSize;
    frame.end = bodyEnd;
    this.#handler.message(frame);
    return bodyEnd + 2;
  }

  /** @returns 0, unless the line is too long, in which case it throws. */
  #unfinishedLine(begin: number, end: number): number {
    if (end - begin <= MAX_LINE_LENGTH) return 0;
    throw new ProtocolError(
      `The server sent a line of more than ${MAX_LINE_LENGTH} bytes. Is this a NATS server?`,
    );
  }

  /** Everything but a message in its usual form: one line. @returns as {@link #message}. */
  #line(buffer: Uint8Array, begin: number, end: number, opcode: number): number {
    const lineEnd = buffer.indexOf(LF, begin);
    if (lineEnd === -1 || lineEnd >= end) return this.#unfinishedLine(begin, end);
    this.#unfinishedLine(begin, lineEnd);
    const next = lineEnd + 1;
    switch (opcode) {
      case PING:
        this.#handler.ping();
        return next;
      case PONG:
        this.#handler.pong();
        return next;
      case OK:
        return next;
      case INFO:
        this.#handler.info(decodeUtf8(buffer, begin + 4, lineEnd));
        return next;
      case ERR:
        this.#handler.serverError(unquote(decodeUtf8(buffer, begin + 4, lineEnd)));
        return next;
    }
    return this.#unusualLine(buffer, begin, lineEnd, end);
  }

  #unusualLine(buffer: Uint8Array, begin: number, lineEnd: number, end: number): number {
    const line = decodeUtf8(buffer, begin, lineEnd);
    const next = lineEnd + 1;
    if (/^h?msg[ \t]/i.test(line)) return this.#unusualMessage(buffer, begin, lineEnd, end);
    if (/^ping/i.test(line)) this.#handler.ping();
    else if (/^pong/i.test(line)) this.#handler.pong();
    else if (/^info[ \t]/i.test(line)) this.#handler.info(line.slice(4));
    else if (/^-err/i.test(line)) this.#handler.serverError(unquote(line.slice(4)));
    else if (!/^\+ok/i.test(line)) throw unreadable(line);
    return next;
  }

  /** A message whose line is in lower case, or has more white space than it needs. */
  #unusualMessage(buffer: Uint8Array, begin: number, lineEnd: number, end: number): number {
    const places: number[] = [];
    let at = begin;
    while (at < lineEnd) {
      while (at < lineEnd && isBlank(buffer[at]!)) at++;
      if (at === lineEnd) break;
      places.push(at);
      while (at < lineEnd && !isBlank(buffer[at]!)) at++;
      places.push(at);
    }
    const withHeaders = places[1]! - places[0]! === 4;
    const sizes = withHeaders ? 2 : 1;
    const count = places.length / 2;
    if (count !== 3 + sizes && count !== 4 + sizes) {
      throw unreadable(decodeUtf8(buffer, begin, lineEnd));
    }
    const number = (index: number, most: number): number => {
      const text = decodeUtf8(buffer, places[2 * index]!, places[2 * index + 1]!);
      if (/^\d+$/.test(text) && text.length <= most) return Number(text);
      throw unreadable(decodeUtf8(buffer, begin, lineEnd));
    };
    const frame = this.#frame;
    frame.subjectStart = places[2]!;
    frame.subjectEnd = places[3]!;
    frame.sid = number(2, MAX_SID_DIGITS);
    const hasReply = count === 4 + sizes;
    frame.replyStart = hasReply ? places[6]! : 0;
    frame.replyEnd = hasReply ? places[7]! : 0;
    const total = number(count - 1, MAX_SID_DIGITS);
    const headers = withHeaders ? number(count - 2, MAX_SID_DIGITS) : 0;
    return this.#payload(buffer, begin, lineEnd + 1, end, headers, total);
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CR;
}

function unquote(text: string): string {
  return text.trim().replace(/^'(.*)'$/s, "$1");
}

function unreadable(line: string): ProtocolError {
  return new ProtocolError(
    `The server sent a line that is not of the NATS protocol: ${JSON.stringify(line.slice(0, 128))}`,
  );
}
