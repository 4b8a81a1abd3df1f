import type { NatsWriter } from "alternats";

/** A writer over plain arrays, written for tests: what a serializer gives it is kept as bytes. */
export class BytesWriter implements NatsWriter {
  buffer: Uint8Array = new Uint8Array(64);
  position = 0;

  get length(): number {
    return this.position;
  }

  reserve(size: number): number {
    if (this.position + size > this.buffer.length) {
      const larger = new Uint8Array(2 * (this.position + size));
      larger.set(this.buffer.subarray(0, this.position));
      this.buffer = larger;
    }
    return this.position;
  }

  advance(size: number): void {
    this.position += size;
  }

  byte(value: number): void {
    this.bytes(Uint8Array.of(value));
  }

  bytes(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
    this.advance(value.length);
  }

  utf8(value: string): void {
    this.bytes(new TextEncoder().encode(value));
  }

  get written(): Uint8Array {
    return this.buffer.subarray(0, this.position);
  }

  text(): string {
    return new TextDecoder().decode(this.written);
  }
}
