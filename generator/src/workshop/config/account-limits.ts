/** What can be said of an account beside its imports. */
export const accountLimitKeys: readonly string[] = [
  "connections",
  "subscriptions",
  "payload",
  "disk",
  "memory",
  "streams",
  "consumers",
];
