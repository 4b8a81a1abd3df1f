import { decodeUtf8 } from "../buffers/bytes.js";

/** A PUB or HPUB that was written but not sent yet. */
export interface WaitingMessage {
  /** Position of its first byte. */
  readonly start: number;
  /** One past its last byte. */
  readonly end: number;
  /** Bytes of headers and payload together. */
  readonly size: number;
  /** `true` if it is an HPUB. */
  readonly hasHeaders: boolean;
  /** Its subject. */
  readonly subject: string;
}

const LF = 0x0a;
/** Matches a command line; the size at its end may be padded with spaces. */
const MESSAGE = /^(H)?PUB (\S+) .*?(\d+) *\r$/i;

/**
 * Parses commands from the engine's own output.
 *
 * @param memory Complete commands, starting at the first byte.
 * @param length Number of bytes.
 * @returns The messages among them, in order.
 */
export function waitingMessages(memory: Uint8Array, length: number): WaitingMessage[] {
  const messages: WaitingMessage[] = [];
  for (let start = 0; start < length; ) {
    const lineEnd = memory.indexOf(LF, start);
    if (lineEnd === -1 || lineEnd >= length) break;
    const line = MESSAGE.exec(decodeUtf8(memory, start, lineEnd));
    if (line === null) {
      start = lineEnd + 1;
      continue;
    }
    const [, headers, subject = "", digits] = line;
    const size = Number(digits);
    const end = lineEnd + 1 + size + 2;
    messages.push({ start, end, size, hasHeaders: headers !== undefined, subject });
    start = end;
  }
  return messages;
}
