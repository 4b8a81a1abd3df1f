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

/**
 * Largest `max_payload` that a server accepts in its configuration, and the most that the engine
 * allocates for a message.
 */
const MAX_MESSAGE_SIZE = 64 * 1024 * 1024;
/** Longest control line. The longest in practice is the INFO of a large cluster. */
const MAX_LINE_LENGTH = 64 * 1024;
/** Number of digits of a subscription id that fit into a safe integer. */
const MAX_SID_DIGITS = 15;

/** Receiver of a server's operations. */
export interface OperationHandler {
  /** MSG or HMSG. The frame is borrowed and changes with the next operation. */
  message(frame: Frame): void;
  /** INFO. @param json The rest of the line. */
  info(json: string): void;
  /** PING */
  ping(): void;
  /** PONG */
  pong(): void;
  /** -ERR. @param text The rest of the line, without quotes. */
  serverError(text: string): void;
}

/**
 * Parses the operations of the server from bytes that may be split anywhere. One 32-bit comparison
 * recognizes an operation, and its arguments are read in place. Forms that the protocol allows but
 * servers do not send (lower case, additional white space) take a slower path.
 *
 * Hot: called for every read of the socket, loops over all messages in it without allocating.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class Parser {
  /** Set by a handler to stop after the current operation. */
  paused = false;

  /** Total size in bytes of the unfinished message at the end; 0 if not known yet. */
  needed = 0;

  #number = 0;
  readonly #frame = new Frame();
  readonly #handler: OperationHandler;

  /** @param handler Receiver of the operations. */
  constructor(handler: OperationHandler) {
    this.#handler = handler;
  }

  /**
   * Parses all complete operations.
   *
   * @param buffer The bytes.
   * @param start Start of the first operation.
   * @param end One past the last byte.
   * @returns Start of the first operation that is incomplete, or not parsed because of {@link
   * paused}.
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
   * Parses a message in the form that servers send.
   *
   * @returns Start of the next operation, 0 if this one is incomplete, -1 if it has another form.
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

    // The next argument is the reply subject, unless only the sizes follow.
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

  /** Reads an integer into {@link #number}. @returns The position after it. */
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

  /**
   * @returns `true` if the arguments of an HMSG end after the number that ends here and one more.
   */
  #twoSizesFollow(buffer: Uint8Array, numberEnd: number, end: number): boolean {
    let at = numberEnd;
    if (buffer[at] !== SPACE) return false;
    at++;
    while (at < end && buffer[at]! >= ZERO && buffer[at]! <= NINE) at++;
    // A split line is parsed again when more of it has arrived.
    return at >= end || buffer[at] === CR;
  }

  /** Delivers a message whose arguments are in the frame. @returns as {@link #message}. */
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
        `The server announced a message of ${totalSize} bytes, but the maximum is ${MAX_MESSAGE_SIZE}.`,
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
      throw new ProtocolError("A message from the server does not end at its announced size.");
    }
    const frame = this.#frame;
    frame.buffer = buffer;
    frame.begin = begin;
    frame.headersStart = bodyStart;
    frame.start = bodyStart + headersSize;
    frame.end = bodyEnd;
    this.#handler.message(frame);
    return bodyEnd + 2;
  }

  /** @returns 0. @throws ProtocolError if the line is too long. */
  #unfinishedLine(begin: number, end: number): number {
    if (end - begin <= MAX_LINE_LENGTH) return 0;
    throw new ProtocolError(
      `The server sent a line of more than ${MAX_LINE_LENGTH} bytes. Is this a NATS server?`,
    );
  }

  /** Parses any other operation, which is one line. @returns as {@link #message}. */
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

  /** Parses a message whose line is in lower case or has additional white space. */
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
    `The server sent a line that is not part of the NATS protocol: ${JSON.stringify(line.slice(0, 128))}`,
  );
}
