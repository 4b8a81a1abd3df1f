import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type Account,
  type ClaimsData,
  createAccount,
  createUser,
  encodeAccount,
  encodeGeneric,
  encodeUser,
  fmtCreds,
  type KeyPair,
  type SigningKey,
  type User,
} from "@nats-io/jwt";
import { limitsOf } from "../broker/claims.js";
import { BrokerError } from "../broker/errors.js";
import {
  exchanged,
  exchangeOf,
  type Guest,
  guestFile,
  guestOf,
  readGuests,
} from "../broker/guests.js";
import { type KeyName, readSeed } from "../broker/keys.js";
import { accountFile } from "../broker/operator-accounts.js";
import { Secrets } from "../broker/secrets.js";
import { EarlierTokens, readToken, tokenOf } from "../broker/tokens.js";
import { either, nearest } from "../nearest.js";
import { defaultAccount } from "../roles/role.js";
import type { AccountEntry, UserEntry } from "./entries.js";

/** Claims of an account's JWT. */
export type AccountClaims = ClaimsData<Account>;

/**
 * Keys of a user that was created at run time: its own, and the signing key whose scope has its
 * permissions.
 */
export interface UserKeys {
  readonly user: KeyPair;
  readonly signer: KeyPair;
}

/** A user with a credentials file. */
export interface StoredUser {
  readonly entry: UserEntry;
  /** The public key that signed its JWT. */
  readonly issuer: string;
  /** Time of the signature in seconds since 1970. */
  readonly issued: number;
  /** `true` if it was created at run time, `false` if it comes from the document. */
  readonly isOwn: boolean;
}

/** The accounts and users in an operator's folder of secrets. */
export class AccountStore {
  readonly #secrets: Secrets;
  readonly #operator: KeyPair;

  private constructor(secrets: Secrets, operator: KeyPair) {
    this.#secrets = secrets;
    this.#operator = operator;
  }

  /** @throws BrokerError if there is no operator, or if other users can read the folder */
  static async open(folder: string): Promise<AccountStore> {
    const file = resolve(folder, "operator.nk");
    if (!existsSync(file))
      throw new BrokerError(
        "SECRETS",
        `${folder} contains no operator. Use the secrets folder of alternats-gen broker --operator.`,
      );
    const secrets = await Secrets.open(folder);
    return new AccountStore(secrets, readSeed(await readFile(file, "utf8"), file));
  }

  /** Path of the credentials of the system account's user. */
  get systemCredentials(): string {
    return join(this.#secrets.folder, "users/sys.creds");
  }

  /**
   * The authority of the broker's certificate, as PEM text; undefined for a well-known authority,
   * or none.
   */
  authority(): Promise<string | undefined> {
    return this.#secrets.read("tls/ca.crt");
  }

  /** Runs a function while no other process writes to the folder. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#secrets.alone(work);
  }

  /** Names of all accounts except the servers' own. */
  async names(): Promise<readonly string[]> {
    const files = await this.#secrets.list("accounts");
    return files.flatMap((file) => /^accounts\/(.*)\.jwt$/.exec(file)?.[1] ?? []);
  }

  /**
   * Reads an account.
   *
   * @throws BrokerError if it does not exist
   */
  async read(name: string): Promise<AccountClaims & { readonly token: string }> {
    const names = await this.names();
    if (!names.includes(name))
      throw new BrokerError(
        "UNKNOWN_ACCOUNT",
        `There is no account ${name}. ${suggestion(name, names)}`,
      );
    const file = accountFile(name);
    const token = tokenOf((await this.#secrets.read(file)) ?? "");
    const claims = readToken<Account>(token);
    if (claims === undefined)
      throw new BrokerError(
        "SECRETS",
        `${join(this.#secrets.folder, file)} contains no JWT. Restore the file.`,
      );
    return { ...claims, token };
  }

  /**
   * Writes an account's JWT, unless its content is unchanged.
   *
   * @param publicKey The account's public key.
   */
  async write(name: string, publicKey: string, content: Partial<Account>): Promise<void> {
    const file = accountFile(name);
    const previous = await this.#secrets.read(file);
    const token = await new EarlierTokens(previous).orLater(() =>
      encodeAccount(name, publicKey, { ...content }, { signer: this.#operator }),
    );
    if (token !== previous?.trim()) await this.#secrets.write(file, `${token}\n`);
  }

  /**
   * Stores the part of the platform of a user that is not trusted, with the imports and exports of
   * the accounts that it concerns.
   *
   * @param stranger Undefined to remove it.
   * @returns Names of the accounts that have changed.
   */
  async changeGuest(
    account: string,
    user: string,
    stranger: Omit<Guest, "user"> | undefined,
  ): Promise<readonly string[]> {
    const guest = stranger && guestOf(user, stranger);
    const before = await readGuests(this.#secrets);
    const after = [
      ...before.filter((each) => each.account !== account || each.user !== user),
      ...(guest === undefined ? [] : [guest]),
    ];
    const keys = new Map<string, string>();
    for (const name of await this.names()) keys.set(name, (await this.read(name)).sub);
    const keyOf = (name: string) => keys.get(name);
    const changed: string[] = [];
    for (const name of [account, defaultAccount]) {
      if (!keys.has(name)) continue;
      const claims = await this.read(name);
      const exchange = exchanged(
        claims.nats,
        exchangeOf(name, before, keyOf),
        exchangeOf(name, after, keyOf),
      );
      const content = { ...claims.nats, ...exchange };
      if (isDeepStrictEqual(content, { imports: [], exports: [], ...claims.nats })) continue;
      await this.write(name, claims.sub, content);
      changed.push(name);
    }
    const file = guestFile(account, user);
    if (guest === undefined) await this.#secrets.remove(file);
    else await this.#secrets.write(file, `${JSON.stringify(guest, undefined, 2)}\n`);
    return changed;
  }

  /** The request that makes servers forget an account, signed by the operator. */
  removal(publicKey: string): Promise<string> {
    return encodeGeneric("removal", this.#operator, "generic", { accounts: [publicKey] });
  }

  /** Removes the keys, users and JWT of an account. */
  async remove(name: string): Promise<void> {
    for (const file of [`users/${name}`, `scopes/${name}`, `guests/${name}`, `accounts/${name}.nk`])
      await this.#secrets.remove(file);
    await this.#secrets.remove(accountFile(name));
  }

  /** Returns the public key of an account, and creates the key if necessary. */
  async accountKey(name: string): Promise<string> {
    const key = await this.#pair(`accounts/${name}`, createAccount, false);
    return key.getPublicKey();
  }

  /**
   * Returns the keys of a user that was created at run time.
   *
   * @param isKept `true` to keep existing keys.
   */
  async userKeys(account: string, name: string, isKept: boolean): Promise<UserKeys> {
    const user = await this.#pair(`users/${account}/${name}`, createUser, !isKept);
    const signer = await this.#pair(`scopes/${account}/${name}`, createAccount, !isKept);
    return { user, signer };
  }

  /**
   * Writes the credentials of a user that was created at run time, unless their content is
   * unchanged.
   *
   * @param issuer The public key of its account.
   */
  async writeUser(
    account: string,
    name: string,
    issuer: string,
    { user, signer }: UserKeys,
    expires: Date | undefined,
  ): Promise<void> {
    const file = credentialsFile(account, name);
    const previous = await this.#secrets.read(file);
    const token = await encodeUser(
      name,
      user,
      issuer,
      {},
      { signer, scopedUser: true, ...(expires && { exp: expires.getTime() / 1_000 }) },
    );
    const kept = new EarlierTokens(previous).orNew(token);
    const text = new TextDecoder().decode(fmtCreds(kept, user));
    if (text !== previous) await this.#secrets.write(file, text);
  }

  /** An account with its users. */
  async entry(name: string): Promise<AccountEntry> {
    const { sub, nats } = await this.read(name);
    const users = (await this.users(name)).map(({ entry }) => entry);
    return { name, publicKey: sub, limits: limitsOf(nats.limits), users };
  }

  /**
   * Users of an account whose credentials are in this folder: those of the document, and those
   * created at run time.
   */
  async users(account: string): Promise<readonly StoredUser[]> {
    const claims = await this.read(account);
    const found: StoredUser[] = [];
    for (const folder of ["users", `users/${account}`]) {
      for (const file of await this.#secrets.list(folder)) {
        if (!file.endsWith(".creds")) continue;
        const user = readToken<User>(tokenOf((await this.#secrets.read(file)) ?? ""));
        if (user?.nats.issuer_account !== claims.sub) continue;
        const entry = userEntry(user, claims, join(this.#secrets.folder, file));
        found.push({ entry, issuer: user.iss, issued: user.iat, isOwn: folder !== "users" });
      }
    }
    return found;
  }

  /** Returns a key, and creates it if necessary. */
  async #pair(name: KeyName, create: () => KeyPair, isNew: boolean): Promise<KeyPair> {
    const file = `${name}.nk`;
    const seed = isNew ? undefined : await this.#secrets.read(file);
    if (seed !== undefined) return readSeed(seed, join(this.#secrets.folder, file));
    const pair = create();
    await this.#secrets.write(file, `${new TextDecoder().decode(pair.getSeed())}\n`);
    return pair;
  }
}

/** Returns the scope of a signing key. */
export function scopeOfKey(
  { nats }: AccountClaims,
  publicKey: string | undefined,
): SigningKey | undefined {
  return nats.signing_keys?.find(
    (each): each is SigningKey => typeof each === "object" && each.key === publicKey,
  );
}

/** Suggests the name that was probably meant. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean ${near}?`;
  return known.length === 0 ? "There is none yet." : `There are ${either(known)}.`;
}

function credentialsFile(account: string, name: string): string {
  return `users/${account}/${name}.creds`;
}

function userEntry(
  { sub, name, iss, iat, exp }: ClaimsData<User>,
  account: AccountClaims,
  credentials: string,
): UserEntry {
  const scope = scopeOfKey(account, iss);
  const isRevoked = (account.nats.revocations?.[sub] ?? 0) >= iat;
  const isExpired = exp !== undefined && exp * 1_000 <= Date.now();
  return {
    name,
    publicKey: sub,
    role: scope?.role,
    limits: limitsOf(scope?.template),
    expires: exp === undefined ? undefined : new Date(exp * 1_000),
    state: isRevoked ? "revoked" : isExpired ? "expired" : "valid",
    credentials,
  };
}
