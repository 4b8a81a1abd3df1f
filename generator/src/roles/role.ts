import type { Channel, Stream } from "../model/sdk.js";

/** Verbs of an SDK's functions, which a role may allow for an operation. */
export const verbs = ["publish", "subscribe", "request", "respond"] as const;

/** One of the {@link verbs}. */
export type Verb = (typeof verbs)[number];

/** The account of roles that do not name one. */
export const defaultAccount = "APP";

/** The user of the platform that creates the consumers of strangers. */
export const PROVISIONER = "provisioner";

/** The account of the servers. */
export const systemAccount = "SYS";

/** Checks a name of a role, an account or a user, which is also used for files and inboxes. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text);
}

/** A kind of user of the API. */
export interface Role {
  readonly name: string;
  readonly description: string | undefined;
  /** The account of its users if it is trusted. */
  readonly account: string;
  /** Trust in its users. */
  readonly trust: Trust;
  /** Its grants, in the order of the {@link verbs} and of the document. */
  readonly grants: readonly Grant[];
  /** The streams that it may create and change. */
  readonly streams: readonly Stream[];
  /** Allowed values of parameters for all of its users. */
  readonly bound: Bindings;
  /** At least one; a user with the role's name if the role lists none. */
  readonly users: readonly User[];
}

/** Trust in the users of a role. Users of one account can do anything to each other. */
export interface Trust {
  /** `true` if its users share the platform's account. */
  readonly isTrusted: boolean;
  /** The reason, as the end of a sentence. */
  readonly reason: string;
}

/** Permission of a role to use one verb of an operation. */
export interface Grant {
  readonly verb: Verb;
  readonly channel: Channel;
  /** The queue group that the document defines for subscribers. */
  readonly queue: string | undefined;
}

/** A client of the broker with its own key. */
export interface User {
  readonly name: string;
  /** Its account: that of its role if the role is trusted, or one that it shares with nobody. */
  readonly account: string;
  /** Allowed values of parameters, by their names in the document. */
  readonly bound: Bindings;
}

/** Allowed values of each restricted parameter, by its name in the document. */
export type Bindings = Readonly<Record<string, readonly string[]>>;
