import { type Import, importKey } from "./import.js";
import type { AccountLimits } from "./limits.js";
import type { Account } from "./read-accounts.js";
import { defaultAccount } from "./role.js";
import type { Stranger } from "./strangers.js";

/**
 * Limits of an account of strangers that the configuration does not set. It has no streams of its
 * own: what it appends is in the platform's streams, within their limits.
 */
export const strangerLimits: AccountLimits = {
  connections: 100,
  subscriptions: 1_000,
  payload: 1024 ** 2,
  disk: 0,
  memory: 0,
};

/** Limits of an account that only listens; many visitors may have its credentials. */
export const listenerLimits: AccountLimits = {
  ...strangerLimits,
  connections: 10_000,
  subscriptions: 100,
  payload: 4096,
};

/** Adds the accounts of strangers to the configured ones. */
export function withStrangers(
  configured: readonly Account[],
  strangers: readonly Stranger[],
): readonly Account[] {
  const accounts = new Map(configured.map((each) => [each.name, each]));
  const add = (name: string, limits: AccountLimits, imports: readonly Import[]): void => {
    const known = accounts.get(name);
    const all = [...(known?.imports ?? []), ...imports];
    accounts.set(name, {
      name,
      limits: { ...limits, ...known?.limits },
      imports: [...new Map(all.map((each) => [importKey(each), each])).values()],
    });
  };
  for (const { account, onlyListens, imports } of strangers)
    add(account, onlyListens ? listenerLimits : strangerLimits, imports);
  const served = strangers.flatMap((each) => each.served);
  if (served.length > 0) add(defaultAccount, {}, served);
  return [...accounts.values()];
}
