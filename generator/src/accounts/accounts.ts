import { newScopedSigner } from "@nats-io/jwt";
import { accountClaims, userClaims } from "../broker/claims.js";
import { BrokerError } from "../broker/errors.js";
import { scopeOf } from "../broker/operator-accounts.js";
import type { Diagnostic } from "../diagnostics.js";
import type { StreamOptions } from "../generate-options.js";
import type { ParameterValues, RoleConfig } from "../roles/config.js";
import {
  type AccountLimits,
  accountLimitOptions,
  type UserLimits,
  userLimitOptions,
} from "../roles/limits.js";
import { isName, systemAccount } from "../roles/role.js";
import { DocumentThread, LimitError } from "../workshop/document-thread.js";
import { AccountStore, scopeOfKey, suggestion } from "./account-store.js";
import type { AccountEntry, UserEntry } from "./entries.js";
import { RoleError } from "./errors.js";
import { checkLimits } from "./limits.js";
import { push } from "./push.js";
import type { RoleInput, RoleRead } from "./role-task.js";

/** Where accounts are kept, and of which document their users' roles are. */
export interface AccountsOptions {
  /** The folder of the secrets of `alternats-gen broker --operator`; `tls/ca.crt` in it is the broker's authority. */
  readonly secrets: string;
  /** The addresses of the broker; `nats://localhost:4222` by default. */
  readonly servers?: string | readonly string[];
  /** The AsyncAPI document that describes the roles; needed to create users. */
  readonly document?: string;
  /** The folder that the document's references may reach; the document's own by default. */
  readonly root?: string;
  /** Roles that take the place of the document's of the same name. */
  readonly roles?: Readonly<Record<string, RoleConfig>>;
  /** Streams that keep channels, by name, for documents that do not say it. */
  readonly streams?: StreamOptions;
}

/** What a user is to be. */
export interface UserOptions {
  /** The name of a role of the document. */
  readonly role: string;
  /** What parameters are bound to for this user, beside those that are bound for the role. */
  readonly parameters?: ParameterValues;
  /** Until when it is let in, to the second; without end when it is not given. */
  readonly expires?: Date;
  /** What it may use at most; what is not given stays as it is. */
  readonly limits?: UserLimits;
}

/** What was done, and who knows of it. */
export interface Told<Entry> {
  /** What there is now. */
  readonly entry: Entry;
  /** The names of the servers that have taken it. */
  readonly servers: readonly string[];
}

/** A user that was created. */
export interface CreatedUser extends Told<UserEntry> {
  /** What is to be known of its role and of the document. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * The accounts of a broker in operator mode: those that `alternats-gen broker --operator` wrote, and those that come
 * and go while it runs. What is changed is kept in the secrets first; then the broker is told. Where that fails, the
 * same call, or {@link Accounts.push}, makes up for it.
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
  /** The thread reads one document at a time. */
  #reading: Promise<unknown> = Promise.resolve();

  private constructor(options: AccountsOptions, store: AccountStore) {
    this.#options = options;
    this.#store = store;
  }

  /**
   * Opens the accounts of an operator.
   *
   * @throws BrokerError when there is no operator, or others can look into the folder
   */
  static async open(options: AccountsOptions): Promise<Accounts> {
    return new Accounts(options, await AccountStore.open(options.secrets));
  }

  /**
   * Creates an account, or changes the limits of one that there is.
   *
   * @param name Up to 64 letters, digits, `-` and `_`.
   * @param limits What it may use at most. What is not given stays as it is.
   * @throws BrokerError about the name or a limit, or PushError
   */
  create(name: string, limits: AccountLimits = {}): Promise<Told<AccountEntry>> {
    return this.#store.alone(async () => {
      checkName(name, "an account");
      checkLimits(limits, Object.keys(accountLimitOptions));
      const names = await this.#store.names();
      const taken = [systemAccount, ...names].find((each) => isSame(each, name));
      if (taken !== undefined && (taken !== name || name === systemAccount))
        throw new BrokerError(
          "NAME_TAKEN",
          `There is another account ${taken}. Choose another name.`,
        );
      const before = taken === undefined ? undefined : await this.#store.read(name);
      const key = before?.sub ?? (await this.#store.accountKey(name));
      const content = { ...before?.nats, limits: accountClaims(limits, before?.nats.limits) };
      await this.#store.write(name, key, content);
      return { servers: await this.#tell([name]), entry: await this.#store.entry(name) };
    });
  }

  /**
   * Creates a user with a role of the document, and its credentials file. One that there is keeps its key and its
   * credentials: it gets what the role allows now, the limits that are given, and a later end.
   *
   * @param account The account's name.
   * @param name Up to 64 letters, digits, `-` and `_`. Its inboxes begin with `_INBOX_<name>.`.
   * @param options Its role, what its parameters are bound to, its end and its limits.
   * @returns The user, the servers that let it in by now, and what is warned of its role.
   * @throws BrokerError about names, limits and the end, RoleError about the role, or PushError
   */
  async createUser(account: string, name: string, options: UserOptions): Promise<CreatedUser> {
    checkName(name, "a user");
    const { role, limits = {}, expires } = options;
    checkLimits(limits, Object.keys(userLimitOptions));
    if (expires !== undefined && !(expires.getTime() > Date.now()))
      throw new BrokerError(
        "INVALID_EXPIRY",
        `${name} cannot expire in the past. Give a time that is to come.`,
      );
    await this.#store.read(account);
    const { permissions: allowed, warnings } = await this.#permissions(name, options);
    const permissions = scopeOf({ name, permissions: allowed });
    return this.#store.alone(async () => {
      const before = await this.#store.read(account);
      const users = await this.#store.users(account);
      const same = users.find(
        ({ entry, isOwn }) => isSame(entry.name, name) && !(isOwn && entry.state === "revoked"),
      );
      if (same !== undefined && (same.entry.name !== name || !same.isOwn))
        throw new BrokerError(
          "NAME_TAKEN",
          `There is another user ${same.entry.name} in ${account}: ${same.entry.credentials}. Choose another name.`,
        );
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
          : [...scopes, scope],
      });
      const servers = await this.#tell([account]);
      return { servers, warnings, entry: await this.#user(account, keys.user.getPublicKey()) };
    });
  }

  /**
   * Revokes a user: the broker ends its connections, and does not let it in again. Who is created by the same name
   * afterwards has another key.
   *
   * @param account The account's name.
   * @param user The user's name, or its public key.
   * @returns The names of the servers that have taken it.
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
        // Credentials can be of a clock that is ahead of this one; what is issued later is let in.
        const until = Math.max(Math.floor(Date.now() / 1_000), found?.issued ?? 0);
        await this.#store.write(account, before.sub, {
          ...before.nats,
          revocations: { ...revocations, [key]: until },
          // Nobody else has it, and a JWT has to stay small.
          signing_keys: scopes.filter((each) => each !== scope),
        });
      }
      return this.#tell([account]);
    });
  }

  /**
   * Lists all accounts but that of the servers themselves, with their users, as the secrets have them: no broker is
   * asked.
   *
   * @throws BrokerError when the file of an account holds something else
   */
  async list(): Promise<readonly AccountEntry[]> {
    const names = await this.#store.names();
    return Promise.all(names.map((name) => this.#store.entry(name)));
  }

  /**
   * Tells the broker of all accounts, also of what `alternats-gen broker --operator` has changed.
   *
   * @returns The names of the servers that have taken all of them.
   * @throws PushError
   */
  push(): Promise<readonly string[]> {
    return this.#store.alone(async () => this.#tell(await this.#store.names()));
  }

  /** Ends the thread that reads the document, which keeps no process alive. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
  }

  async #tell(names: readonly string[]): Promise<readonly string[]> {
    const tokens = new Map<string, string>();
    for (const name of names) tokens.set(name, (await this.#store.read(name)).token);
    const { servers = "nats://localhost:4222" } = this.#options;
    const { systemCredentials: credentials } = this.#store;
    return push(tokens, { servers, credentials, authority: await this.#store.authority() });
  }

  async #user(account: string, key: string): Promise<UserEntry> {
    const users = await this.#store.users(account);
    const user = users.find(({ entry }) => entry.publicKey === key);
    if (user === undefined) throw new Error(`A credentials file of ${account} was removed.`);
    return user.entry;
  }

  async #permissions(user: string, { role, parameters = {} }: UserOptions) {
    const { document, root, roles = {}, streams = {} } = this.#options;
    if (document === undefined)
      throw new BrokerError(
        "NO_DOCUMENT",
        "Give the AsyncAPI document that describes the roles as `document`.",
      );
    const task = new URL("./role-task.js", import.meta.url);
    const input = { document, root, roles, streams, role, user, parameters };
    const reading = this.#reading.then(() => this.#thread.run<RoleInput, RoleRead>(task, input));
    this.#reading = reading.catch(() => {});
    try {
      const { permissions, diagnostics } = await reading;
      if (permissions === undefined) throw new RoleError(diagnostics);
      return { permissions, warnings: diagnostics };
    } catch (error) {
      throw error instanceof LimitError ? new RoleError([error.at(document)]) : error;
    }
  }
}

function checkName(name: string, what: string): void {
  if (!isName(name))
    throw new BrokerError(
      "INVALID_NAME",
      `${JSON.stringify(name)} cannot be the name of ${what}: up to 64 letters, digits, - and _, a letter or digit first.`,
    );
}

/** Files are called as accounts and users, and not every disk knows capitals. */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The end of a user that may be there already: what was handed out holds until its own. */
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
      `The credentials of ${name} hold ${held === undefined ? "without end" : `until ${held.toISOString()}`}. To end them sooner, revoke ${name} and create it again.`,
    );
  return end;
}
