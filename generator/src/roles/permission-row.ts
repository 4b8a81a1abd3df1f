/** Permissions of a user on the wire. */
export interface Permissions {
  /** Subjects, possibly with wildcards. */
  readonly publish: readonly string[];
  /**
   * Subjects, each optionally followed by a space and a queue group. With a group, only
   * subscriptions in that group are allowed.
   */
  readonly subscribe: readonly string[];
}

/** Permissions for one grant. */
export interface PermissionRow extends Permissions {
  /** Purpose of the permissions, for example `publish serverStarted`. */
  readonly purpose: string;
}
