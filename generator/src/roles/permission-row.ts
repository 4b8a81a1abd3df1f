/** Time in seconds within which a request can be answered; the default of nats-server. */
export const RESPONSE_TTL = 120;

/** Permissions of a user on the wire. */
export interface Permissions {
  /** Subjects, possibly with wildcards. */
  readonly publish: readonly string[];
  /**
   * Subjects, each optionally followed by a space and a queue group. With a group, only
   * subscriptions in that group are allowed.
   */
  readonly subscribe: readonly string[];
  /**
   * Maximum number of replies to a request within {@link RESPONSE_TTL}; -1 for no limit, 0 for
   * none.
   */
  readonly responses: number;
}

/** Permissions for one grant. */
export interface PermissionRow extends Permissions {
  /** Purpose of the permissions, for example `publish serverStarted`. */
  readonly purpose: string;
}
