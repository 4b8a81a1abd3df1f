import type { NatsLimits, OperatorLimits } from "@nats-io/jwt";
import { UsageError } from "../commands/command.js";
import { either } from "../nearest.js";

/** What a user may use at most; what is not given, or -1, has no limit. */
export interface UserLimits {
  /** Subscriptions of one connection. */
  readonly subscriptions?: number;
  /** Bytes of a message. */
  readonly payload?: number;
  /** Bytes; carried in the JWT, and no nats-server up to 2.14 counts them. */
  readonly data?: number;
}

/** What an account may use at most; what is not given, or -1, has no limit; without any storage, it has no JetStream. */
export interface AccountLimits extends UserLimits {
  /** Connections of all its users. */
  readonly connections?: number;
  /** Bytes that its streams keep in files. */
  readonly disk?: number;
  /** Bytes that its streams keep in memory. */
  readonly memory?: number;
  /** Streams. */
  readonly streams?: number;
  /** Consumers. */
  readonly consumers?: number;
}

/** The names of limits in a JWT, by our own. */
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

/** The names of limits that a user can have. */
export const userLimitNames: readonly string[] = [
  "subscriptions",
  "payload",
  "data",
] satisfies readonly (keyof UserLimits)[];

/** The names of limits that an account can have. */
export const accountLimitNames: readonly string[] = Object.keys(claimNames);

/**
 * Refuses what servers could not read, and a name that would limit nothing.
 *
 * @param names Those that there are.
 * @throws UsageError
 */
export function checkLimits(limits: AccountLimits, names: readonly string[]): void {
  for (const [name, value] of Object.entries<unknown>({ ...limits })) {
    if (!names.includes(name))
      throw new UsageError(`There is no limit ${name}. There are ${either(names)}.`);
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= -1))
      throw new UsageError(
        `The limit ${name} is a whole number, or -1 for none, not ${JSON.stringify(value) ?? String(value)}.`,
      );
  }
}

/** An account without limits, which stores nothing. */
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
 * Limits as an account's JWT has them.
 *
 * @param limits What is to hold.
 * @param before What held, and stays where nothing else is said.
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
 * Limits as the scope of a user's key has them, beside its permissions.
 *
 * @param before What held, and stays where nothing else is said.
 */
export function userClaims(
  limits: UserLimits,
  { subs = -1, data = -1, payload = -1 }: Partial<NatsLimits> = {},
): NatsLimits {
  return { subs, data, payload, ...renamed(limits) };
}

/** The limits that a JWT sets. */
export function readLimits(claims: OperatorLimits | undefined): AccountLimits {
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
