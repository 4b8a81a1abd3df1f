import type { NatsKey } from "../protocol/nats-key.js";

/** How many keys are kept; one more, and all are forgotten. */
const SIZE = 1024;

/** Of how many sets of values without a key one gets it: most may never come back. */
const CHOSEN = 16;

/** What there is by the values of one parameter: by those of the next, and at last the keys. */
type Branch = Map<unknown, Branch | NatsKey>;

/**
 * The keys of parameters that came by lately, so that who publishes with the same ones again and again pays for their
 * check and encoding once.
 *
 * Hot: asked for each message that is published with parameters.
 */
export class RecentKeys {
  readonly #names: readonly string[];
  readonly #make: (params: unknown) => NatsKey;
  #keys: Branch = new Map();
  #size = 0;
  #misses = 0;

  /**
   * @param names What the parameters are called; one at least.
   * @param make Makes a key of parameters.
   */
  constructor(names: readonly string[], make: (params: unknown) => NatsKey) {
    this.#names = names;
    this.#make = make;
  }

  /**
   * @param params The parameters, or what was given for them.
   * @returns The key; undefined where there is none for these values.
   * @throws what making one throws
   */
  get(params: unknown): NatsKey | undefined {
    const names = this.#names;
    let found: Branch | NatsKey = this.#keys;
    for (let i = 0; i < names.length; i++) {
      const value = (params as { readonly [name: string]: unknown })[names[i]!];
      // What is left out, or inherited from every object, is for others to look into.
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
