import type { Stream } from "../model/sdk.js";
import type { Bindings, Grant, Trust, User } from "./role.js";

/**
 * Decides whether a role is trusted.
 *
 * @param said The value of `trusted`; undefined if the role does not have it.
 * @param grants The role's grants.
 * @param streams The streams that it manages.
 * @param bound Its allowed values of parameters.
 * @param users Its users.
 */
export function trustOf(
  said: boolean | undefined,
  grants: readonly Grant[],
  streams: readonly Stream[],
  bound: Bindings,
  users: readonly Pick<User, "bound">[],
): Trust {
  if (said !== undefined) return { isTrusted: said, reason: `the role says \`trusted: ${said}\`` };
  const isBound = [bound, ...users.map((user) => user.bound)].some(
    (values) => Object.keys(values).length > 0,
  );
  if (isBound) return { isTrusted: false, reason: "its users are bound to values of parameters" };
  if (streams.length === 0 && grants.every(({ verb }) => verb === "subscribe"))
    return { isTrusted: false, reason: "it only listens" };
  return {
    isTrusted: true,
    reason: "it does more than listen, and is bound to no values of parameters",
  };
}
