import { decodeUtf8 } from "../buffers/bytes.js";

/** A PUB or HPUB that was written and not yet sent. */
export interface WaitingMessage {
  /** Where its first byte is. */
  readonly start: number;
  /** One past its last byte. */
  readonly end: number;
  /** Bytes of headers and payload. */
  readonly size: number;
  /** Whether it is an HPUB. */
  readonly hasHeaders: boolean;
  /** Its subject. */
  readonly subject: string;
}

const LF = 0x0a;
/** The sizes at the end of the line; what is filled in afterwards is padded with spaces. */
const MESSAGE = /^(H)?PUB (\S+) .*?(\d+) *\r$/i;

/**
 * Reads commands back that were written for the server.
 *
 * @param memory Whole commands from the first byte on.
 * @param length How many bytes.
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
