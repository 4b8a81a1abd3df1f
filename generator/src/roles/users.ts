import type { Channel } from "../model/sdk.js";
import { checkBindings, readBindings } from "./bindings.js";
import { checkName, isObject } from "./checks.js";
import type { ReportRole } from "./report-role.js";
import { type Bindings, PROVISIONER, type User } from "./role.js";

/** A user before it is known whether it is trusted. */
export type NamedUser = Omit<User, "account">;

/** Reads the users of roles, whose names are unique in a document. */
export class UserReader {
  /** Used names in lower case, because files have these names. */
  readonly #names = new Set(["sys", PROVISIONER]);

  /**
   * Reads the users of a role.
   *
   * @param value Names, or an object of names with the allowed values of parameters; undefined for one user with the
   *   role's name.
   * @param bound The allowed values for all users of the role.
   * @param channels The operations of the role.
   */
  read(
    role: string,
    value: unknown,
    bound: Bindings,
    channels: readonly Channel[],
    report: ReportRole,
  ): readonly NamedUser[] {
    const path = [role, "users"];
    const listed = Array.isArray(value)
      ? value.map((name, i): [unknown, unknown, string] => [name, undefined, String(i)])
      : isObject(value)
        ? Object.entries(value).map(([name, own]): [unknown, unknown, string] => [name, own, name])
        : [];
    if (value !== undefined && listed.length === 0) {
      report.error(path, {
        code: "role-form",
        message:
          "`users` must be an object of names, each with the allowed values of its parameters.",
        fix: "Write for example `users: { eu-1: { server_id: eu-1 } }`, or remove it for one user with the role's name.",
      });
    }
    if (value === undefined) {
      checkBindings(bound, [role, "parameters"], channels, report);
      return this.#take(role, [role], report) ? [{ name: role, bound }] : [];
    }
    return listed.flatMap(([name, given, step]) => {
      const place = [...path, step];
      if (!checkName(place, name, "user", report) || !this.#take(name, place, report)) return [];
      const more = readBindings(given ?? undefined, place, channels, report);
      for (const twice of Object.keys(more).filter((each) => Object.hasOwn(bound, each))) {
        report.error([...place, twice], {
          code: "bound-twice",
          message: `The whole role already has allowed values of \`${twice}\`.`,
          fix: "Keep one of the two places.",
        });
      }
      const all = { ...bound, ...more };
      checkBindings(all, place, channels, report);
      return [{ name, bound: all }];
    });
  }

  #take(name: string, path: readonly string[], report: ReportRole): boolean {
    const small = name.toLowerCase();
    const isFree = !this.#names.has(small);
    if (!isFree) {
      report.error(path, {
        code: "unfit-name",
        message: `Another user is named \`${name}\`; names are not case-sensitive.`,
        fix: "Give each user a different name.",
      });
    }
    this.#names.add(small);
    return isFree;
  }
}
