import type { Channel, Stream } from "../model/sdk.js";

/** What a role may do with an operation: the verbs of an SDK's functions. */
export const verbs = ["publish", "subscribe", "request", "respond"] as const;

/** One of the {@link verbs}. */
export type Verb = (typeof verbs)[number];

/** The account of roles that name none. */
export const defaultAccount = "APP";

/** The account of the servers themselves. */
export const systemAccount = "SYS";

/** Whether something can be the name of a role, an account or a user: files and inboxes are called so. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text);
}

/** Who uses the API. */
export interface Role {
  readonly name: string;
  readonly description: string | undefined;
  /** The account that its users belong to. */
  readonly account: string;
  /** What it may do, in the order of the {@link verbs} and of the document. */
  readonly grants: readonly Grant[];
  /** The streams that it may create and change. */
  readonly streams: readonly Stream[];
  /** What holds for all of its users. */
  readonly bound: Bindings;
  /** At least one; one of the role's own name where the role lists none. */
  readonly users: readonly User[];
}

/** Something that a role may do. */
export interface Grant {
  readonly verb: Verb;
  readonly channel: Channel;
  /** The queue group that the document names for those who listen. */
  readonly queue: string | undefined;
}

/** Who connects, with a key of its own. */
export interface User {
  readonly name: string;
  /** The values that parameters are bound to, by the names that the document gives them. */
  readonly bound: Bindings;
}

/** The values that each bound parameter may have, by the document's name of it. */
export type Bindings = Readonly<Record<string, readonly string[]>>;
