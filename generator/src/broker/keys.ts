import { createAccount, createOperator, createUser, fromSeed, type KeyPair } from "@nats-io/nkeys";
import { BrokerError } from "./errors.js";
import type { Secrets } from "./secrets.js";

/** File with the public keys, so that users keep their keys on machines without the secrets. */
export const KEYS = "keys.json";

/**
 * Name of a key: its file in the secrets folder without the extension, and its name among the
 * public keys.
 */
export type KeyName = "operator" | `${"accounts" | "scopes" | "users"}/${string}`;

/** A key, possibly without its secret part. */
export interface HeldKey {
  readonly publicKey: string;
  /** Undefined if the secret part is on another machine. */
  readonly pair: KeyPair | undefined;
}

/** All keys of a broker: existing ones, and new ones for users without a key. */
export class Keys {
  readonly #secrets: Secrets;
  readonly #known: Readonly<Record<string, string>>;
  readonly #held = new Map<KeyName, HeldKey>();

  /** @param known The text of {@link KEYS}; undefined if the file does not exist. */
  constructor(secrets: Secrets, known: string | undefined) {
    this.#secrets = secrets;
    this.#known = readKnown(known);
  }

  /**
   * Returns a key, or creates one and stores its seed in the secrets folder.
   *
   * @throws BrokerError if the secret part belongs to another public key
   */
  async take(name: KeyName): Promise<HeldKey> {
    const known = Object.hasOwn(this.#known, name) ? this.#known[name] : undefined;
    const file = `${name}.nk`;
    const seed = await this.#secrets.read(file);
    let key: HeldKey;
    if (seed !== undefined) {
      const pair = readSeed(seed, `${this.#secrets.folder}/${file}`);
      key = { publicKey: pair.getPublicKey(), pair };
      if (known !== undefined && known !== key.publicKey)
        throw new BrokerError(
          "SECRETS",
          `${this.#secrets.folder}/${file} is not the key of ${name} in ${KEYS}. Use the folder of this broker's secrets, or remove the line from ${KEYS}.`,
        );
    } else if (known !== undefined) {
      key = { publicKey: known, pair: undefined };
    } else {
      const pair = create(name);
      await this.#secrets.write(file, `${new TextDecoder().decode(pair.getSeed())}\n`);
      key = { publicKey: pair.getPublicKey(), pair };
    }
    this.#held.set(name, key);
    return key;
  }

  /** Returns a key with its secret part. */
  async takePair(name: KeyName): Promise<KeyPair> {
    const { pair } = await this.take(name);
    if (pair !== undefined) return pair;
    throw new BrokerError(
      "SECRETS",
      `The seed of ${name}, which is needed for signing, is not in ${this.#secrets.folder}. Use the folder that contains it.`,
    );
  }

  /** Names of keys whose secret parts are on another machine. */
  get absent(): readonly KeyName[] {
    return [...this.#held].flatMap(([name, { pair }]) => (pair === undefined ? [name] : []));
  }

  /** The text of {@link KEYS}. */
  toString(): string {
    const keys = [...this.#held].map(([name, { publicKey }]) => [name, publicKey]);
    return `${JSON.stringify(Object.fromEntries(keys), undefined, 2)}\n`;
  }
}

function create(name: KeyName): KeyPair {
  if (name === "operator") return createOperator();
  return name.startsWith("users/") ? createUser() : createAccount();
}

/** @throws BrokerError, without the content of the text */
export function readSeed(text: string, path: string): KeyPair {
  try {
    return fromSeed(new TextEncoder().encode(text.trim()));
  } catch {
    // The cause would reveal the content of the file.
    throw new BrokerError("SECRETS", `${path} contains no seed. Restore the file, or remove it.`);
  }
}

function readKnown(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : undefined;
  if (entries?.every(([, key]) => typeof key === "string" && /^[OAU][A-Z2-7]{55}$/.test(key)))
    return Object.fromEntries(entries);
  throw new BrokerError(
    "SECRETS",
    `${KEYS} does not contain public keys. Restore the file, or remove it to create new keys.`,
  );
}
