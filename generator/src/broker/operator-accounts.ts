import { isDeepStrictEqual } from "node:util";
import {
  type Account,
  type ClaimsData,
  decode,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type KeyPair,
  newScopedSigner,
  type SigningKey,
  type UserPermissionsLimits,
} from "@nats-io/jwt";
import { UsageError } from "../cli/command.js";
import { RESPONSE_TTL } from "../roles/permissions.js";
import { systemAccount } from "../roles/role.js";
import { type BrokerUser, banner } from "./broker.js";
import type { Keys } from "./keys.js";
import type { Secrets } from "./secrets.js";
import { indented, quoted } from "./server-config.js";

/** Everything that an account may have; its owner's servers set the real limits. */
export const unlimited = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
} as const;

export const jetStream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 } as const;

/**
 * Accounts and users as JWTs: what servers have to know goes into a configuration, what users have to know into
 * credentials files among the secrets. What a user may do stands in the account's JWT, as the scope of the key
 * that signs the user's: a client shows its own JWT in a line of 4 KiB at most, and credentials outlive a change
 * of permissions. A JWT that says what it has to say already is kept.
 *
 * @param previous The configuration of an earlier run.
 * @see https://docs.nats.io/using-nats/nats-tools/nsc/signing_keys#scoped-signing-keys
 */
export async function operatorAccounts(
  name: string,
  users: readonly BrokerUser[],
  keys: Keys,
  secrets: Secrets,
  previous: string | undefined,
): Promise<string> {
  const earlier = new EarlierTokens(previous);
  const operator = await keys.takePair("operator");
  const system = await keys.takePair(`accounts/${systemAccount}`);
  const operatorClaims = { system_account: system.getPublicKey() };
  const operatorToken = earlier.orNew(await encodeOperator(name, operator, operatorClaims));
  const preload: string[] = [];
  const add = async (account: string, pair: KeyPair, claims: Partial<Account>): Promise<void> => {
    const token = earlier.orNew(await encodeAccount(account, pair, claims, { signer: operator }));
    preload.push(`# ${account}\n${pair.getPublicKey()}: ${quoted(token)}`);
  };
  await add(systemAccount, system, { limits: unlimited });
  await writeCredentials("sys", system, undefined, keys, secrets);
  for (const account of new Set(users.map((user) => user.account))) {
    const pair = await keys.takePair(`accounts/${account}`);
    const scopes: SigningKey[] = [];
    for (const user of users.filter((each) => each.account === account)) {
      const signer = await keys.takePair(`scopes/${user.name}`);
      scopes.push(newScopedSigner(signer, user.name, scopeOf(user)));
      await writeCredentials(user.name, pair, signer, keys, secrets);
    }
    const limits = { ...unlimited, ...jetStream };
    await add(account, pair, { limits, signing_keys: scopes });
  }
  return `${banner}
operator: ${quoted(operatorToken)}
system_account: ${quoted(system.getPublicKey())}
resolver_preload {
${indented(preload.join("\n"))}
}
`;
}

/** @param signer The key whose scope the user has; undefined for a user that may do everything. */
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

export function scopeOf({
  name,
  permissions,
}: Pick<BrokerUser, "name" | "permissions">): Partial<UserPermissionsLimits> {
  const { publish, subscribe, responses } = permissions;
  const foreign = [...publish, ...subscribe].find((subject) => /[^\x20-\x7e]/.test(subject));
  if (foreign !== undefined)
    throw new UsageError(
      `The permissions of ${name} hold the subject ${JSON.stringify(foreign)}: with --operator, subjects are ASCII. Leave --operator out, or change the address.`,
    );
  return {
    pub: listed(publish),
    sub: listed(subscribe),
    ...(responses !== 0 && { resp: { max: responses, ttl: RESPONSE_TTL * 1e9 } }),
  };
}

/** Nothing allowed has to be said: an empty list would not refuse. */
function listed(subjects: readonly string[]): { allow: string[] } | { deny: string[] } {
  return subjects.length === 0 ? { deny: [">"] } : { allow: [...subjects] };
}

/** Tokens of an earlier run, which differ from new ones by their date at least. */
class EarlierTokens {
  readonly #bySubject = new Map<string, { readonly token: string; readonly claims: object }>();

  /** @param text What holds them. */
  constructor(text: string | undefined) {
    for (const token of text?.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? []) {
      const claims = read(token);
      if (claims !== undefined)
        this.#bySubject.set(claims.sub, { token, claims: dateless(claims) });
    }
  }

  /** The earlier token that says the same; the new one where there is none. */
  orNew(token: string): string {
    const claims = read(token);
    const earlier = this.#bySubject.get(claims?.sub ?? "");
    const isSame = claims !== undefined && isDeepStrictEqual(earlier?.claims, dateless(claims));
    return isSame ? (earlier?.token ?? token) : token;
  }
}

function read(token: string): ClaimsData<unknown> | undefined {
  try {
    return decode(token);
  } catch {
    return undefined;
  }
}

function dateless({ iat: _, jti: __, ...claims }: ClaimsData<unknown>): object {
  return claims;
}
