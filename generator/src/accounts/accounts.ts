import { newScopedSigner } from "@nats-io/jwt";
import { accountClaims, userClaims } from "../broker/claims.js";
import { BrokerError } from "../broker/errors.js";
import { answering, scopeOf } from "../broker/operator-accounts.js";
import type { Diagnostic } from "../diagnostics.js";
import type { StreamOptions } from "../generate-options.js";
import type { ParameterValues, RoleConfig } from "../roles/config.js";
import {
  type AccountLimits,
  accountLimitOptions,
  type UserLimits,
  userLimitOptions,
} from "../roles/limits.js";
import { defaultAccount, isName, systemAccount } from "../roles/role.js";
import { DocumentThread } from "../workshop/document-thread.js";
import { AccountStore, type StoredUser, scopeOfKey, suggestion } from "./account-store.js";
import type { AccountEntry, UserEntry } from "./entries.js";
import { RoleError } from "./errors.js";
import { checkLimits } from "./limits.js";
import { type Broker, push, removeAccount } from "./push.js";
import type { RoleInput, RoleRead } from "./role-task.js";

/** Options for opening accounts. */
export interface AccountsOptions {
  /**
   * Folder of the secrets of `alternats-gen broker --operator`; `tls/ca.crt` in it is the authority
   * of the broker's certificate.
   */
  readonly secrets: string;
  /** Addresses of the broker; default `nats://localhost:4222`. */
  readonly servers?: string | readonly string[];
  /** Path of the AsyncAPI document with the roles; required to create users. */
  readonly document?: string;
  /**
   * Folder that the document's references may reach; default: the nearest folder with `.git`, else the document's
   * own. See `docs/generator.md`, "Untrusted documents".
   */
  readonly root?: string;
  /** Limit on the growth of the document by references and aliases: `500`, or `none`; default: `100`. */
  readonly limits?: string;
  /** Roles that replace the document's roles of the same name. */
  readonly roles?: Readonly<Record<string, RoleConfig>>;
  /** Streams that store channels, by name, for documents that do not define streams. */
  readonly streams?: StreamOptions;
}

/** Options of a user. */
export interface UserOptions {
  /** The name of a role of the document. */
  readonly role: string;
  /** Allowed values of parameters for this user, in addition to those of the role. */
  readonly parameters?: ParameterValues;
  /** End of its validity, with a precision of seconds; no end by default. */
  readonly expires?: Date;
  /** Limits of the user. Limits that are not given keep their values. */
  readonly limits?: UserLimits;
}

/** Result of a change, with the servers that have accepted it. */
export interface AccountChange<Entry> {
  /** The account or user after the change. */
  readonly entry: Entry;
  /** Names of the servers that have accepted the change. */
  readonly servers: readonly string[];
}

/** Result of creating a user. */
export interface CreatedUser extends AccountChange<UserEntry> {
  /** Warnings about its role and the document. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Accounts of a broker in operator mode: those of `alternats-gen broker --operator`, and those
 * created at run time. A change is stored in the secrets first, then sent to the broker. If sending
 * fails, repeat the call, or call {@link Accounts.push}.
 *
 * ```ts
 * await using accounts = await Accounts.open({ secrets: "/srv/arena", document: "asyncapi.yaml" });
 * await accounts.create("ACME", { connections: 20 });
 * const { entry } = await accounts.createUser("ACME", "dashboard", { role: "viewer" });
 * console.log(entry.credentials);
 * ```
 */
export class Accounts implements AsyncDisposable {
  readonly #options: AccountsOptions;
  readonly #store: AccountStore;
  readonly #thread = new DocumentThread();
  /** Last reading of the document: the thread reads one at a time. */
  #reading: Promise<unknown> = Promise.resolve();

  private constructor(options: AccountsOptions, store: AccountStore) {
    this.#options = options;
    this.#store = store;
  }

  /**
   * Opens the accounts of an operator.
   *
   * @throws BrokerError if there is no operator, or if other users can read the folder
   */
  static async open(options: AccountsOptions): Promise<Accounts> {
    return new Accounts(options, await AccountStore.open(options.secrets));
  }

  /**
   * Creates an account, or changes the limits of an existing one.
   *
   * @param name Up to 64 letters, digits, `-` and `_`.
   * @param limits Limits of the account. Limits that are not given keep their values.
   * @throws BrokerError about the name or a limit, or PushError
   */
  create(name: string, limits: AccountLimits = {}): Promise<AccountChange<AccountEntry>> {
    return this.#store.alone(async () => {
      checkName(name, "an account");
      checkLimits(limits, Object.keys(accountLimitOptions));
      const names = await this.#store.names();
      const taken = [systemAccount, ...names].find((each) => isSame(each, name));
      if (taken !== undefined && (taken !== name || name === systemAccount))
        throw new BrokerError(
          "NAME_TAKEN",
          `The account ${taken} exists already. Choose another name.`,
        );
      const before = taken === undefined ? undefined : await this.#store.read(name);
      const key = before?.sub ?? (await this.#store.accountKey(name));
      const content = { ...before?.nats, limits: accountClaims(limits, before?.nats.limits) };
      await this.#store.write(name, key, content);
      return { servers: await this.#send([name]), entry: await this.#store.entry(name) };
    });
  }

  /**
   * Creates a user with a role of the document, and its credentials file. An existing user keeps
   * its key and its credentials. It gets the current permissions of its role, the given limits, and
   * a later end.
   *
   * @param account The account's name.
   * @param name Up to 64 letters, digits, `-` and `_`. Its inboxes start with `_INBOX_<name>.`.
   * @param options Its role, the allowed values of parameters, its end and its limits.
   * @returns The user, the servers that accept it, and warnings about its role.
   * @throws BrokerError about names, limits and the end, RoleError about the role, or PushError
   */
  async createUser(account: string, name: string, options: UserOptions): Promise<CreatedUser> {
    checkName(name, "a user");
    const { role, limits = {}, expires } = options;
    checkLimits(limits, Object.keys(userLimitOptions));
    if (expires !== undefined && !(expires.getTime() > Date.now()))
      throw new BrokerError(
        "INVALID_EXPIRY",
        `${name} cannot expire in the past. Use a time in the future.`,
      );
    await this.#store.read(account);
    const { found, warnings } = await this.#permissions(account, name, options);
    const permissions = scopeOf({ name, permissions: found.permissions });
    return this.#store.alone(async () => {
      const before = await this.#store.read(account);
      const users = await this.#store.users(account);
      const same = users.find(
        ({ entry, isOwn }) => isSame(entry.name, name) && !(isOwn && entry.state === "revoked"),
      );
      if (same !== undefined && (same.entry.name !== name || !same.isOwn))
        throw new BrokerError(
          "NAME_TAKEN",
          `${account} has another user ${same.entry.name}: ${same.entry.credentials}. Choose another name.`,
        );
      if (found.stranger !== undefined) checkAlone(account, role, users);
      const end = endOf(name, expires, same?.entry);
      const keys = await this.#store.userKeys(account, name, same !== undefined);
      const earlier = scopeOfKey(before, keys.signer.getPublicKey());
      const scope = newScopedSigner(keys.signer, role, {
        ...permissions,
        ...userClaims(limits, earlier?.template),
      });
      const scopes = before.nats.signing_keys ?? [];
      await this.#store.writeUser(account, name, before.sub, keys, end);
      await this.#store.write(account, before.sub, {
        ...before.nats,
        signing_keys: earlier
          ? scopes.map((each) => (each === earlier ? scope : each))
          : [...scopes.map((each) => answering(each, [name])), scope],
      });
      const changed = await this.#store.changeGuest(account, name, found.stranger);
      const servers = await this.#send([...new Set([account, ...changed])]);
      return { servers, warnings, entry: await this.#user(account, keys.user.getPublicKey()) };
    });
  }

  /**
   * Revokes a user: the broker closes its connections and rejects it from then on. A new user of
   * the same name has another key.
   *
   * @param account The account's name.
   * @param user The user's name or its public key.
   * @returns Names of the servers that have accepted the change.
   * @throws BrokerError about the names, or PushError
   */
  revokeUser(account: string, user: string): Promise<readonly string[]> {
    return this.#store.alone(async () => {
      const before = await this.#store.read(account);
      const users = await this.#store.users(account);
      const found = users.find(({ entry }) => user === entry.name || user === entry.publicKey);
      const key = found?.entry.publicKey ?? user;
      if (!/^U[A-Z2-7]{55}$/.test(key)) {
        const names = users.map(({ entry }) => entry.name);
        throw new BrokerError(
          "UNKNOWN_USER",
          `${account} has no user ${user}. ${suggestion(user, names)}`,
        );
      }
      if (found?.entry.state !== "revoked") {
        const { revocations, signing_keys: scopes = [] } = before.nats;
        const scope = found?.isOwn ? scopeOfKey(before, found.issuer) : undefined;
        // The clock of the machine that issued the credentials may be ahead. Credentials that are
        // issued later are valid.
        const until = Math.max(Math.floor(Date.now() / 1_000), found?.issued ?? 0);
        await this.#store.write(account, before.sub, {
          ...before.nats,
          revocations: { ...revocations, [key]: until },
          // No other user has the key, and a JWT must stay small.
          signing_keys: scopes.filter((each) => each !== scope),
        });
      }
      const changed = found?.isOwn
        ? await this.#store.changeGuest(account, found.entry.name, undefined)
        : [];
      return this.#send([...new Set([account, ...changed])]);
    });
  }

  /**
   * Removes an account that was created at run time, with all its users: the broker closes their
   * connections and forgets it. Its consumers go with the next `alternats-gen provision`.
   *
   * @param account The account's name.
   * @returns Names of the servers that have accepted the change.
   * @throws BrokerError about the name, or PushError
   */
  remove(account: string): Promise<readonly string[]> {
    return this.#store.alone(async () => {
      const { sub } = await this.#store.read(account);
      const own = await this.#store.users(account);
      if (account === defaultAccount || own.some(({ isOwn }) => !isOwn))
        throw new BrokerError(
          "ACCOUNT_IN_USE",
          `${account} is an account of the document's roles. Remove its users there, and run alternats-gen broker.`,
        );
      const changed = new Set<string>();
      for (const { entry } of own)
        for (const each of await this.#store.changeGuest(account, entry.name, undefined))
          changed.add(each);
      changed.delete(account);
      const { servers, credentials, authority } = await this.#broker();
      const removed = await removeAccount(account, await this.#store.removal(sub), {
        servers,
        credentials,
        authority,
      });
      await this.#store.remove(account);
      if (changed.size > 0) await this.#send([...changed]);
      return removed;
    });
  }

  /**
   * Lists all accounts of the secrets, except the servers' own, with their users. It does not
   * contact the broker.
   *
   * @throws BrokerError if the file of an account has another content
   */
  async list(): Promise<readonly AccountEntry[]> {
    const names = await this.#store.names();
    return Promise.all(names.map((name) => this.#store.entry(name)));
  }

  /**
   * Sends all accounts to the broker, including the changes of `alternats-gen broker --operator`.
   *
   * @returns Names of the servers that have accepted all of them.
   * @throws PushError
   */
  push(): Promise<readonly string[]> {
    return this.#store.alone(async () => this.#send(await this.#store.names()));
  }

  /** Ends the thread that reads the document. The thread does not keep a process alive. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
  }

  async #send(names: readonly string[]): Promise<readonly string[]> {
    const tokens = new Map<string, string>();
    for (const name of names) tokens.set(name, (await this.#store.read(name)).token);
    return push(tokens, await this.#broker());
  }

  async #broker(): Promise<Broker> {
    const { servers = "nats://localhost:4222" } = this.#options;
    const { systemCredentials: credentials } = this.#store;
    return { servers, credentials, authority: await this.#store.authority() };
  }

  async #user(account: string, key: string): Promise<UserEntry> {
    const users = await this.#store.users(account);
    const user = users.find(({ entry }) => entry.publicKey === key);
    if (user === undefined) throw new Error(`A credentials file of ${account} was removed.`);
    return user.entry;
  }

  async #permissions(account: string, user: string, { role, parameters = {} }: UserOptions) {
    const { document, root, limits, roles = {}, streams = {} } = this.#options;
    if (document === undefined)
      throw new BrokerError(
        "NO_DOCUMENT",
        "Set `document` to the AsyncAPI document with the roles.",
      );
    const task = new URL("./role-task.js", import.meta.url);
    const input = { document, root, limits, roles, streams, role, account, user, parameters };
    const reading = this.#reading.then(() => this.#thread.run<RoleInput, RoleRead>(task, input));
    this.#reading = reading.catch(() => {});
    const { found, diagnostics } = await reading;
    if (found === undefined) throw new RoleError(diagnostics);
    return { found, warnings: diagnostics };
  }
}

/**
 * Checks that an account of a user that is not trusted has no users of other roles: users of one
 * account can do anything to each other.
 */
function checkAlone(account: string, role: string, users: readonly StoredUser[]): void {
  const other = users.find(
    ({ entry }) => entry.state !== "revoked" && entry.role !== undefined && entry.role !== role,
  );
  if (other === undefined) return;
  throw new BrokerError(
    "SHARED_ACCOUNT",
    `${account} has the user ${other.entry.name} of the role ${other.entry.role}. Users of one account can do anything to each other: create another account for the role ${role}, or write \`trusted: true\` for it.`,
  );
}

function checkName(name: string, what: string): void {
  if (!isName(name))
    throw new BrokerError(
      "INVALID_NAME",
      `${JSON.stringify(name)} is not a valid name of ${what}. Use up to 64 letters, digits, - and _, starting with a letter or digit.`,
    );
}

/**
 * Compares names without case: files have the names of accounts and users, and some file systems
 * ignore case.
 */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** End of a user that may exist: credentials remain valid until their own end. */
function endOf(
  name: string,
  wanted: Date | undefined,
  { expires: held, state }: Partial<UserEntry> = {},
): Date | undefined {
  if (wanted === undefined) return held;
  const end = new Date(Math.floor(wanted.getTime() / 1_000) * 1_000);
  if (state !== undefined && (held === undefined || end < held))
    throw new BrokerError(
      "INVALID_EXPIRY",
      `The credentials of ${name} are valid ${held === undefined ? "without end" : `until ${held.toISOString()}`}. To end them earlier, revoke ${name} and create it again.`,
    );
  return end;
}
