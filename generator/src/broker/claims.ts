import type { NatsLimits, OperatorLimits } from "@nats-io/jwt";
import type { AccountLimits, UserLimits } from "../roles/limits.js";

/** Names of limits in a JWT, by this project's names. */
const claimNames = {
  subscriptions: "subs",
  payload: "payload",
  data: "data",
  connections: "conn",
  disk: "disk_storage",
  memory: "mem_storage",
  streams: "streams",
  consumers: "consumer",
} as const satisfies Record<keyof AccountLimits, keyof OperatorLimits>;

const storing = ["disk", "memory", "streams", "consumers"] as const;

/** Limits of an account without limits and without storage. */
const unlimited: OperatorLimits = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
};

/**
 * Converts limits to the claims of an account's JWT.
 *
 * @param limits New limits.
 * @param before Previous claims, which apply to limits that are not given.
 */
export function accountClaims(
  limits: AccountLimits,
  before: OperatorLimits = unlimited,
): OperatorLimits {
  const stores = storing.some((name) => limits[name] !== undefined);
  const storage = { disk_storage: 0, mem_storage: 0, streams: -1, consumer: -1 };
  return { ...(stores && storage), ...before, ...renamed(limits) };
}

/**
 * Converts limits to claims of a signing key's scope, next to its permissions.
 *
 * @param before Previous claims, which apply to limits that are not given.
 */
export function userClaims(
  limits: UserLimits,
  { subs = -1, data = -1, payload = -1 }: Partial<NatsLimits> = {},
): NatsLimits {
  return { subs, data, payload, ...renamed(limits) };
}

/** Converts the claims of a JWT to limits. */
export function limitsOf(claims: OperatorLimits | undefined): AccountLimits {
  const stores = (claims?.disk_storage ?? 0) !== 0 || (claims?.mem_storage ?? 0) !== 0;
  const found = Object.entries(claimNames).flatMap(([name, claim]) => {
    const value = claims?.[claim];
    const isSaid = stores || !storing.some((each) => each === name);
    return value === undefined || value < 0 || !isSaid ? [] : [[name, value]];
  });
  return Object.fromEntries(found);
}

function renamed(limits: AccountLimits): OperatorLimits {
  return Object.fromEntries(
    Object.entries(claimNames).flatMap(([name, claim]) => {
      const value = limits[name as keyof AccountLimits];
      return value === undefined ? [] : [[claim, value]];
    }),
  );
}
