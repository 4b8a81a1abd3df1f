import {
  type Account,
  type Export,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type KeyPair,
  newScopedSigner,
  type SigningKey,
  type UserPermissionsLimits,
} from "@nats-io/jwt";
import { covers } from "../model/streams.js";
import { IMPORTED_REPLIES, inboxOf } from "../roles/inboxes.js";
import { systemAccount } from "../roles/role.js";
import {
  type BrokerAccount,
  type Export as BrokerExport,
  type BrokerUser,
  banner,
} from "./broker.js";
import { accountClaims } from "./claims.js";
import { BrokerError } from "./errors.js";
import { exchangeOf, readGuests } from "./guests.js";
import { distinct, exportClaim, importClaim } from "./import-claims.js";
import type { Keys } from "./keys.js";
import type { Secrets } from "./secrets.js";
import { indented, quoted } from "./server-config.js";
import { EarlierTokens, readToken, tokenOf } from "./tokens.js";

/**
 * Creates accounts and users as JWTs. The servers' data goes into a configuration, the users' data
 * into credentials files in the secrets folder. The account's JWT has the permissions of a user, as
 * the scope of the key that signs the user's JWT: a client presents its own JWT in a line of at
 * most 4 KiB, and credentials remain valid when permissions change. A JWT whose content is
 * unchanged is kept.
 *
 * @param previous The configuration of an earlier run.
 * @see https://docs.nats.io/using-nats/nats-tools/nsc/signing_keys#scoped-signing-keys
 */
export async function operatorAccounts(
  name: string,
  accounts: readonly BrokerAccount[],
  keys: Keys,
  secrets: Secrets,
  previous: string | undefined,
): Promise<string> {
  const operator = await keys.takePair("operator");
  const system = await keys.takePair(`accounts/${systemAccount}`);
  const operatorClaims = { system_account: system.getPublicKey() };
  const operatorToken = await encodeOperator(name, operator, operatorClaims);
  const preload: string[] = [];
  const add = (account: string, pair: KeyPair, token: string): void => {
    preload.push(`# ${account}\n${pair.getPublicKey()}: ${quoted(token)}`);
  };
  const systemToken = await encodeAccount(
    systemAccount,
    system,
    { limits: accountClaims({}) },
    { signer: operator },
  );
  add(systemAccount, system, new EarlierTokens(previous).orNew(systemToken));
  await writeCredentials("sys", system, undefined, keys, secrets);
  const guests = await readGuests(secrets);
  const publicKeys = await accountKeys(accounts, keys, secrets);
  const keyOf = (account: string): string => publicKeys.get(account) ?? "";
  for (const { name: account, users, limits, imports, exports } of accounts) {
    const pair = await keys.takePair(`accounts/${account}`);
    const file = accountFile(account);
    const kept = await secrets.read(file);
    const earlier = new EarlierTokens(previous, kept);
    const known = earlier.account(pair.getPublicKey(), operator.getPublicKey());
    const exchange = exchangeOf(account, guests, (name) => publicKeys.get(name));
    const added = await addedAtRunTime(account, known, users, secrets);
    const scopes: SigningKey[] = [];
    for (const user of users) {
      const signer = await keys.takePair(`scopes/${user.name}`);
      scopes.push(newScopedSigner(signer, user.role, scopeOf(user)));
      await writeCredentials(user.name, pair, signer, keys, secrets);
    }
    const claims = {
      limits: accountClaims({ disk: -1, memory: -1, ...limits }),
      imports: distinct([
        ...imports.map((each) => importClaim(each, keyOf(each.from))),
        ...exchange.imports,
      ]),
      exports: distinct([...exportClaims(exports), ...exchange.exports]),
      signing_keys: [...scopes, ...added.scopes].map((each) => answering(each, added.names)),
      // Revoked users.
      ...(known?.revocations && { revocations: known.revocations }),
    };
    const token = await earlier.orLater(() =>
      encodeAccount(account, pair, claims, { signer: operator }),
    );
    add(account, pair, token);
    if (token !== kept?.trim()) await secrets.write(file, `${token}\n`);
  }
  return `${banner}
operator: ${quoted(new EarlierTokens(previous).orNew(operatorToken))}
system_account: ${quoted(system.getPublicKey())}
resolver_preload {
${indented(preload.join("\n"))}
}
`;
}

/** The public keys of the accounts of the document, and of those created at run time. */
async function accountKeys(
  accounts: readonly BrokerAccount[],
  keys: Keys,
  secrets: Secrets,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const file of await secrets.list("accounts")) {
    const name = /^accounts\/(.*)\.jwt$/.exec(file)?.[1];
    const claims = readToken(tokenOf((await secrets.read(file)) ?? ""));
    if (name !== undefined && claims !== undefined) found.set(name, claims.sub);
  }
  for (const { name } of accounts)
    found.set(name, (await keys.takePair(`accounts/${name}`)).getPublicKey());
  return found;
}

/**
 * Claims of exports. An importing account has a JWT of the operator, so exports need no tokens. An
 * export that another export includes is left out.
 */
function exportClaims(exports: readonly BrokerExport[]): Export[] {
  const widest = exports.filter(({ kind, subject }) =>
    exports.every((each) => {
      return each.kind !== kind || each.subject === subject || !covers(each.subject, subject);
    }),
  );
  return widest.map(exportClaim);
}

/**
 * Scopes of an account's users that were created at run time.
 *
 * @param known The operator's latest JWT of the account.
 * @param users Users of the roles.
 * @throws BrokerError if one of them has the name of a user that was created at run time
 */
async function addedAtRunTime(
  account: string,
  known: Partial<Account> | undefined,
  users: readonly BrokerUser[],
  secrets: Secrets,
): Promise<{ readonly scopes: readonly SigningKey[]; readonly names: readonly string[] }> {
  const names = new Map<string, string>();
  for (const file of await secrets.list(`users/${account}`)) {
    const claims = readToken(tokenOf((await secrets.read(file)) ?? ""));
    if (claims !== undefined) names.set(claims.iss, claims.name);
  }
  const present: string[] = [];
  const scopes = (known?.signing_keys ?? []).flatMap((each) => {
    // A signing key without a scope has no user here.
    if (typeof each === "string") return [];
    const name = names.get(each.key);
    // Inboxes and consumers have the names of users: of two users with one name, each would read
    // the other's messages.
    if (users.some((user) => user.name.toLowerCase() === name?.toLowerCase()))
      throw new BrokerError(
        "USER_EXISTS",
        `${account} has a user ${name} that was created at run time. Rename the role's user, or revoke that user first.`,
      );
    if (name === undefined) return [];
    present.push(name);
    return [each];
  });
  return { scopes, names: present };
}

/**
 * Scope of a signing key, in which responders may also answer users that were created at run time.
 *
 * @param names Names of these users.
 */
export function answering(
  scope: string | SigningKey,
  names: readonly string[],
): string | SigningKey {
  if (typeof scope === "string") return scope;
  const allowed = scope.template.pub?.allow;
  if (allowed?.includes(IMPORTED_REPLIES) !== true) return scope;
  const inboxes = names.map((name) => inboxOf({ name }));
  const allow = [...new Set([...allowed, ...inboxes])];
  return { ...scope, template: { ...scope.template, pub: { ...scope.template.pub, allow } } };
}

/** @param signer The key with the user's scope; undefined for a user with all permissions. */
async function writeCredentials(
  name: string,
  account: KeyPair,
  signer: KeyPair | undefined,
  keys: Keys,
  secrets: Secrets,
): Promise<void> {
  const { pair } = await keys.take(`users/${name}`);
  if (pair === undefined) return;
  const file = `users/${name}.creds`;
  const previous = await secrets.read(file);
  const scoped = signer === undefined ? {} : { signer, scopedUser: true };
  const token = await encodeUser(name, pair, account, {}, scoped);
  const text = new TextDecoder().decode(fmtCreds(new EarlierTokens(previous).orNew(token), pair));
  if (text !== previous) await secrets.write(file, text);
}

/** File in the secrets folder with the latest JWT of an account. */
export function accountFile(account: string): string {
  return `accounts/${account}.jwt`;
}

/**
 * Scope of a user's signing key.
 *
 * @throws BrokerError if a subject is invalid in a JWT
 */
export function scopeOf({
  name,
  permissions,
}: Pick<BrokerUser, "name" | "permissions">): Partial<UserPermissionsLimits> {
  const { publish, subscribe } = permissions;
  const foreign = [...publish, ...subscribe].find((subject) => /[^\x20-\x7e]/.test(subject));
  if (foreign !== undefined)
    throw new BrokerError(
      "INVALID_SUBJECT",
      `The permissions of ${name} contain the subject ${JSON.stringify(foreign)}, but subjects in the JWTs of an operator must be ASCII. Change the address, or do not use an operator.`,
    );
  return {
    pub: listed(publish),
    sub: listed(subscribe),
  };
}

/**
 * Converts allowed subjects to claims. No permission must be written explicitly, because an empty
 * list allows everything.
 */
function listed(subjects: readonly string[]): { allow: string[] } | { deny: string[] } {
  return subjects.length === 0 ? { deny: [">"] } : { allow: [...subjects] };
}
