import type { NatsKey } from "../protocol/nats-key.js";

/** Maximum number of cached keys; beyond it, the cache is emptied. */
const SIZE = 1024;

/** One of this many new combinations of values is cached, because most of them may never be used again. */
const CHOSEN = 16;

/** Level of the cache: leads from each value of one parameter to the level of the next one, at last to the key. */
type Branch = Map<unknown, Branch | NatsKey>;

/**
 * Cache of keys of recent parameters, so that publishing with the same parameters pays for their
 * check and encoding once.
 *
 * Hot: called for each message that is published with parameters.
 */
export class RecentKeys {
  readonly #names: readonly string[];
  readonly #make: (params: unknown) => NatsKey;
  #keys: Branch = new Map();
  #size = 0;
  #misses = 0;

  /**
   * @param names Names of the parameters; at least one.
   * @param make Creates a key from parameters.
   */
  constructor(names: readonly string[], make: (params: unknown) => NatsKey) {
    this.#names = names;
    this.#make = make;
  }

  /**
   * @param params The parameters of the call, which may be invalid.
   * @returns The key; undefined if it is not cached.
   * @throws the errors of creating a key
   */
  get(params: unknown): NatsKey | undefined {
    const names = this.#names;
    let found: Branch | NatsKey = this.#keys;
    for (let i = 0; i < names.length; i++) {
      const value = (params as { readonly [name: string]: unknown })[names[i]!];
      // Missing and inherited values are checked elsewhere.
      if (typeof value !== "string" && typeof value !== "number") return undefined;
      const next: Branch | NatsKey | undefined = (found as Branch).get(value);
      if (next === undefined) {
        return this.#misses++ % CHOSEN === 0 ? this.#add(params) : undefined;
      }
      found = next;
    }
    return found as NatsKey;
  }

  #add(params: unknown): NatsKey {
    const key = this.#make(params);
    if (this.#size === SIZE) {
      this.#keys = new Map();
      this.#size = 0;
    }
    const values = this.#names.map(
      (name) => (params as { readonly [name: string]: unknown })[name],
    );
    const last = values.pop();
    let branch = this.#keys;
    for (const value of values) {
      const next = (branch.get(value) as Branch | undefined) ?? new Map();
      branch.set(value, next);
      branch = next;
    }
    branch.set(last, key);
    this.#size++;
    return key;
  }
}
