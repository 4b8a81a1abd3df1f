import { allocate } from "./bytes.js";

/** Bytes of a pooled chunk. */
export const CHUNK_SIZE = 64 * 1024;

/** Chunks that are kept for reuse; 3 to 20 are in use under load, the rest goes back to the heap. */
const KEPT_CHUNKS = 20;

/** Memory for writing, used again and again. */
export class ChunkPool {
  readonly #size: number;
  readonly #free: Uint8Array[] = [];

  /** @param size Bytes of a chunk. */
  constructor(size = CHUNK_SIZE) {
    this.#size = size;
  }

  /**
   * @param size Bytes that are needed at least.
   * @returns A chunk of the pool, or memory of its own for what is larger than one.
   */
  take(size = 0): Uint8Array {
    if (size > this.#size) return allocate(Math.ceil(size / 4096) * 4096);
    return this.#free.pop() ?? allocate(this.#size);
  }

  /** @returns Memory of the pool's size in exchange for what may be larger. */
  exchange(memory: Uint8Array): Uint8Array {
    return memory.length === this.#size ? memory : this.take();
  }

  /** Gives a chunk back. Nobody may read it any more. */
  give(chunk: Uint8Array): void {
    if (chunk.length === this.#size && this.#free.length < KEPT_CHUNKS) this.#free.push(chunk);
  }
}
