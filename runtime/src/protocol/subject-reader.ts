import type { Frame } from "./frame.js";

const NOTHING = new Uint8Array(0);

/**
 * Reads the subjects of a subscription's messages. Most often the subject is the same as before;
 * comparing bytes is then cheaper than decoding them.
 */
export class SubjectReader {
  #bytes = NOTHING;
  #subject = "";

  /** @returns The subject of the message. */
  read(frame: Frame): string {
    const { buffer, subjectStart, subjectEnd } = frame;
    const bytes = this.#bytes;
    let i = subjectEnd - subjectStart === bytes.length ? bytes.length : -1;
    while (i > 0 && bytes[i - 1] === buffer[subjectStart + i - 1]) i--;
    if (i !== 0 || bytes.length === 0) {
      this.#subject = frame.subject;
      // A copy, because the frame's memory is overwritten.
      this.#bytes = new Uint8Array(buffer.subarray(subjectStart, subjectEnd));
    }
    return this.#subject;
  }
}
