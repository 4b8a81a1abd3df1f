import type { Options, TextOption } from "../option.js";

/** Limits of a user. A limit that is not given, or -1, means unlimited. */
export interface UserLimits {
  /** Number of subscriptions of one connection. */
  readonly subscriptions?: number;
  /** Size of a message in bytes. */
  readonly payload?: number;
  /** Number of bytes in total; the JWT carries it, and no nats-server up to 2.14 enforces it. */
  readonly data?: number;
}

/** Limits of an account. A limit that is not given, or -1, means unlimited; without storage, it has no JetStream. */
export interface AccountLimits extends UserLimits {
  /** Number of connections of all its users. */
  readonly connections?: number;
  /** Bytes that its streams store in files. */
  readonly disk?: number;
  /** Bytes that its streams store in memory. */
  readonly memory?: number;
  /** Number of streams. */
  readonly streams?: number;
  /** Number of consumers. */
  readonly consumers?: number;
}

const limit = {
  type: "string",
  allows: (text) => readLimit(text) !== undefined,
  expected: "a number such as 4096 or 64KB, or unlimited",
} as const satisfies Omit<TextOption, "value">;

/** The limits of a user as options of the command line. */
export const userLimitOptions = {
  subscriptions: { ...limit, value: "number", help: "maximum number per connection" },
  payload: { ...limit, value: "bytes", help: "maximum size of a message: 4096, 64KB, 1MB" },
  data: { ...limit, value: "bytes", help: "a limit that servers store, but do not enforce" },
} as const satisfies Options & Record<keyof UserLimits, unknown>;

/** The limits of an account, as options of the command line. */
export const accountLimitOptions = {
  connections: { ...limit, value: "number", help: "maximum number for all its users together" },
  ...userLimitOptions,
  disk: { ...limit, value: "bytes", help: "storage of its streams in files", otherwise: "0" },
  memory: { ...limit, value: "bytes", help: "storage of its streams in memory", otherwise: "0" },
  streams: { ...limit, value: "number", help: "maximum number of streams" },
  consumers: { ...limit, value: "number", help: "maximum number of consumers of its streams" },
} as const satisfies Options & Record<keyof AccountLimits, unknown>;

const { data: _, ...configured } = accountLimitOptions;

/** The limits of an account that the configuration sets. */
export const configuredLimits: Options = configured;

const sizes: Readonly<Record<string, number>> = {
  "": 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/**
 * Reads a limit: `64KB`, `20`, `unlimited`. A kilobyte is 1,024 bytes, as in nats-server's configuration.
 *
 * @returns The number, -1 for `unlimited`; undefined for any other value.
 */
export function readLimit(value: unknown): number | undefined {
  if (value === "unlimited") return -1;
  const [, digits = "", unit = ""] = /^(\d+) *([KMGT]B)?$/.exec(String(value)) ?? [];
  const number = Number(digits) * (sizes[unit] ?? 1);
  return digits !== "" && Number.isSafeInteger(number) ? number : undefined;
}

/** Reads the limits among some values; other values are left out. */
export function readLimits(
  values: Readonly<Partial<Record<keyof AccountLimits, unknown>>>,
): AccountLimits {
  const limits = Object.entries(values).map(([name, value]) => [name, readLimit(value)]);
  return Object.fromEntries(limits.filter(([, value]) => value !== undefined));
}
