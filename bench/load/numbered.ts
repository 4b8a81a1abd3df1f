/** Payloads that begin with their number, counted from 0, so that what arrives shows its order. */
export class Numbered {
  arrived = 0;
  #next = 0;
  #inOrder = true;

  /** @returns The payload with its number in it. */
  static write(payload: Buffer, number: number): Buffer {
    payload.writeUInt32LE(number);
    return payload;
  }

  /** A payload arrived. */
  take(payload: Uint8Array): void {
    const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
    if (number < this.#next) this.#inOrder = false;
    this.#next = number + 1;
    this.arrived++;
  }

  /** Whether no number came after a larger one. With as many arrived as sent, none was lost either. */
  get result(): { readonly arrived: number; readonly inOrder: boolean } {
    return { arrived: this.arrived, inOrder: this.#inOrder };
  }
}
