import { decodeUtf8, encodeUtf8 } from "../buffers/bytes.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import type { ApiError } from "./api.js";

/** Acknowledgement of a stored message. */
export interface Appended {
  /** The stream's name. */
  readonly stream: string;
  /** The message's sequence in the stream, starting at 1. */
  readonly sequence: number;
  /**
   * `true` if the stream already had a message with this `messageId`, for example from an attempt
   * whose acknowledgement was lost; `sequence` is then that of the first.
   */
  readonly duplicate: boolean;
}

/** Answer to an append: an acknowledgement, an error, or `undefined` if it is not from a stream. */
export type AppendAnswer =
  | (Appended & { readonly error?: never })
  | { readonly error: ApiError; readonly sequence?: never }
  | undefined;

/** An acknowledgement of a message that was stored now, as nats-server writes it. */
const PLAIN = /^(\{"stream":"([^"\\]+)", ?"seq":)\d+\}$/;
const ZERO = 0x30;
const BRACE = 0x7d;
/** Number of digits that a safe integer certainly has room for. */
const SAFE_DIGITS = 15;

/**
 * Reader of the answers to appends.
 *
 * Hot: called for every append. Acknowledgements of one stream differ only in the sequence, so it
 * compares the beginning with that of the last one, and reads the digits.
 */
class AppendAnswers implements NatsSerializer {
  /** Beginning of the last plain acknowledgement, up to the sequence. */
  #beginning: Uint8Array = new Uint8Array();
  #stream = "";

  serialize(): void {}

  deserialize(buffer: Uint8Array, start: number, end: number): AppendAnswer {
    const sequence = this.#sequence(buffer, start, end);
    if (sequence > 0) return { stream: this.#stream, sequence, duplicate: false };
    return this.#parse(decodeUtf8(buffer, start, end));
  }

  /** @returns The sequence of an acknowledgement with the known beginning; otherwise 0. */
  #sequence(buffer: Uint8Array, start: number, end: number): number {
    const beginning = this.#beginning;
    const { length } = beginning;
    const last = end - 1;
    let at = start + length;
    if (length === 0 || at >= last || last - at > SAFE_DIGITS || buffer[last] !== BRACE) return 0;
    for (let i = 0; i < length; i++) if (buffer[start + i] !== beginning[i]) return 0;
    let sequence = 0;
    for (; at < last; at++) {
      const digit = buffer[at]! - ZERO;
      if (digit < 0 || digit > 9) return 0;
      sequence = sequence * 10 + digit;
    }
    return sequence;
  }

  #parse(text: string): AppendAnswer {
    const [, beginning, name] = PLAIN.exec(text) ?? [];
    if (beginning !== undefined && name !== undefined) {
      this.#beginning = encodeUtf8(beginning);
      this.#stream = name;
    }
    let answer: Answer | null;
    try {
      answer = JSON.parse(text) as Answer | null;
    } catch {
      return undefined;
    }
    if (answer?.error !== undefined) return { error: answer.error };
    const { stream, seq, duplicate = false } = answer ?? {};
    if (typeof stream !== "string" || typeof seq !== "number") return undefined;
    return { stream, sequence: seq, duplicate };
  }
}

/** An answer on the wire. */
interface Answer {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: ApiError;
}

/** Reads the answers to appends. */
export const appendAnswers: NatsSerializer = new AppendAnswers();
