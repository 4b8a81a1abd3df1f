import { allocate } from "./bytes.js";

/** Size of a pooled chunk in bytes. */
export const CHUNK_SIZE = 64 * 1024;

/**
 * Number of chunks kept for reuse. Under load, 3 to 20 are in use; the rest is left to the garbage
 * collector.
 */
const KEPT_CHUNKS = 20;

/** Pool of memory chunks for writing. */
export class ChunkPool {
  readonly #size: number;
  readonly #free: Uint8Array[] = [];

  /** @param size Size of a chunk in bytes. */
  constructor(size = CHUNK_SIZE) {
    this.#size = size;
  }

  /**
   * @param size Minimum size in bytes.
   * @returns A chunk of the pool, or separate memory if a chunk is too small.
   */
  take(size = 0): Uint8Array {
    if (size > this.#size) return allocate(Math.ceil(size / 4096) * 4096);
    return this.#free.pop() ?? allocate(this.#size);
  }

  /** @returns Memory of the pool's size in exchange for memory that may be larger. */
  exchange(memory: Uint8Array): Uint8Array {
    return memory.length <= this.#size ? memory : this.take();
  }

  /** Releases the chunks that are kept. */
  clear(): void {
    this.#free.length = 0;
  }

  /** Returns a chunk to the pool. It must not be read afterwards. */
  give(chunk: Uint8Array): void {
    if (chunk.length === this.#size && this.#free.length < KEPT_CHUNKS) this.#free.push(chunk);
  }
}
