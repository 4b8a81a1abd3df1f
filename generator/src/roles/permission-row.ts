/** Seconds within which a request can be answered: the default of nats-server. */
export const RESPONSE_TTL = 120;

/** What a user may do on the wire. */
export interface Permissions {
  /** Subjects, perhaps with wildcards. */
  readonly publish: readonly string[];
  /** Subjects; behind a space the queue group that may be joined, and without it none has to be. */
  readonly subscribe: readonly string[];
  /** How many answers a request may be given within {@link RESPONSE_TTL}; -1 for any number, 0 for none. */
  readonly responses: number;
}

/** What one grant needs. */
export interface PermissionRow extends Permissions {
  /** What it is for: `publish serverStarted`. */
  readonly purpose: string;
}
