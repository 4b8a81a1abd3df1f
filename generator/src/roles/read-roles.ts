import { type DocumentNode, own } from "../document/node.js";
import type { Sdk, Stream } from "../model/sdk.js";
import { either, nearest } from "../nearest.js";
import { readBindings } from "./bindings.js";
import { checkStrangers, type ReportedRole } from "./check-strangers.js";
import { checkKeys, checkName, isObject } from "./checks.js";
import { roleKeys } from "./config.js";
import { GrantReader } from "./grants.js";
import { warnOverlaps } from "./overlaps.js";
import { asked, atPlaces, ofConfiguration, type ReportRole } from "./report-role.js";
import { checkReserved, liveSubjects } from "./reserved.js";
import { defaultAccount, type Grant, type Role, systemAccount, type User, verbs } from "./role.js";
import { undividedStreams } from "./streams.js";
import { patternsOf, valuesOf } from "./subject-patterns.js";
import { trustOf } from "./trust.js";
import { UserReader } from "./users.js";

/** Extension that describes the roles of a document. */
export const ROLES = "x-alternats-roles";

const known = Object.keys(roleKeys);

/** A user with more subjects is a mistake, and slows every server down. */
const maxSubjects = 1_000;

/**
 * Reads the roles of a document and of the configuration. A configured role replaces the document's
 * role of the same name.
 *
 * @param root The document's root, where problems are reported.
 * @param sdk The SDK of both sides.
 * @param configured The configured roles, by name.
 */
export function readRoles(
  root: DocumentNode,
  sdk: Sdk,
  configured: Readonly<Record<string, unknown>> = {},
): readonly Role[] {
  const described = root.get(ROLES);
  const reader = new RoleReader(sdk);
  for (const node of described?.children ?? []) {
    if (!Object.hasOwn(configured, node.key))
      reader.read(node.key, node.target.value, atPlaces(described ?? node));
  }
  for (const [name, value] of Object.entries(configured))
    reader.read(name, value, ofConfiguration(root));
  checkStrangers(reader.reported, sdk);
  if (reader.roles.length === 0 && !root.document.diagnostics.failed) {
    (described ?? root).error({
      code: "no-roles",
      message: "The document has no roles, so no user would have any permission.",
      fix: `Describe who uses the API under \`${ROLES}\`, or under \`roles\` in the configuration: \`viewer: { subscribe: "*" }\`.`,
    });
  }
  return reader.roles;
}

/**
 * Reads one role, with the given users instead of those that it lists. They are not trusted unless
 * the role says so.
 *
 * @param root The document's root, where problems are reported.
 * @param sdk The SDK of both sides.
 * @param configured The configured roles, by name.
 * @param name The role's name.
 * @param users The users by name, each with the allowed values of its parameters.
 * @param account The account of the users.
 * @returns Undefined if there is no such role.
 */
export function readRoleOf(
  root: DocumentNode,
  sdk: Sdk,
  configured: Readonly<Record<string, unknown>>,
  name: string,
  users: Readonly<Record<string, unknown>>,
  account: string,
): Role | undefined {
  const described = root.get(ROLES)?.children.map(({ key, target }) => [key, target.value]) ?? [];
  const all: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(described),
    ...configured,
  };
  const value = own(all, name);
  if (value === undefined) {
    const near = nearest(name, Object.keys(all));
    root.error({
      code: "unknown-role",
      message: `There is no role \`${name}\`.`,
      fix:
        near === undefined
          ? `There are ${either(Object.keys(all)) || "none"}.`
          : `Did you mean \`${near}\`?`,
    });
    return undefined;
  }
  const listed = Object.values(Object(own(value, "users"))).filter(isObject);
  for (const [user, bound] of Object.entries(users)) {
    // If every listed user is restricted, a new user without restriction would have access to
    // everything.
    const free = Object.keys(listed[0] ?? {}).filter(
      (key) => listed.every((each) => Object.hasOwn(each, key)) && own(bound, key) === undefined,
    );
    for (const parameter of free) {
      root.error({
        code: "unbound-parameter",
        message: `Every user of the role \`${name}\` has an allowed value of \`${parameter}\`, but \`${user}\` has none.`,
        fix: `Add an allowed value: \`${parameter}=<value>\`.`,
      });
    }
  }
  const reader = new RoleReader(sdk);
  const trusted = own(value, "trusted") ?? false;
  reader.read(name, isObject(value) ? { ...value, users, account, trusted } : value, asked(root));
  checkStrangers(reader.reported, sdk);
  return reader.roles[0];
}

/** Reads the roles of a document. */
class RoleReader {
  /** The roles, each with the place where its problems are reported. */
  readonly reported: ReportedRole[] = [];
  readonly #sdk: Sdk;
  readonly #grants: GrantReader;
  readonly #users = new UserReader();

  constructor(sdk: Sdk) {
    this.#sdk = sdk;
    this.#grants = new GrantReader(sdk);
  }

  get roles(): readonly Role[] {
    return this.reported.map(({ role }) => role);
  }

  read(name: string, value: unknown, report: ReportRole): void {
    if (!isObject(value)) {
      report.error([name], {
        code: "role-form",
        message: `The role \`${name}\` must be an object, not ${JSON.stringify(value)}.`,
        fix: `Write for example \`${name}: { subscribe: "*" }\`.`,
      });
      return;
    }
    checkKeys("A role", value, [name], known, report);
    const description = own(value, "description");
    const said = own(value, "account");
    const account = said ?? defaultAccount;
    checkName([name], name, "role", report);
    if (checkName([name, "account"], account, "account", report) && account === systemAccount) {
      report.error([name, "account"], {
        code: "unfit-name",
        message: `The account \`${systemAccount}\` is reserved for the servers.`,
        fix: "Give the account another name.",
      });
    }
    const grants = verbs.flatMap((verb) =>
      this.#grants.read([name], verb, own(value, verb), report),
    );
    const streams = this.#streams(name, own(value, "streams"), report);
    if (
      grants.length === 0 &&
      [...verbs, "streams"].every((key) => own(value, key) === undefined)
    ) {
      report.error([name], {
        code: "idle-role",
        message: `The role \`${name}\` has no permissions.`,
        fix: `Add ${either(verbs)}, each with a list of operations, or "*" for all.`,
      });
    }
    const channels = grants.map(({ channel }) => channel);
    const bound = readBindings(own(value, "parameters"), [name, "parameters"], channels, report);
    const named = this.#users.read(name, own(value, "users"), bound, channels, report);
    const trusted = this.#trusted(name, value, report);
    const trust = trustOf(trusted, grants, streams, bound, named);
    const users = named.map((user) => ({
      ...user,
      account: trust.isTrusted ? String(account) : String(said ?? user.name),
    }));
    const role: Role = {
      name,
      description: typeof description === "string" ? description : undefined,
      account: String(account),
      grants,
      streams,
      bound,
      users,
      trust,
    };
    this.reported.push({ role, report });
    for (const user of users) {
      if (isTooMuch(grants, user)) reportTooMuch(name, user, report);
      else {
        checkGrants(role, user, liveSubjects(role, this.#sdk), report);
        this.#checkGroup(role, user, report);
        warnOverlaps(role, user, this.#sdk, report);
        if (trust.isTrusted) this.#warnUndivided(role, user, report);
      }
    }
  }

  #trusted(role: string, value: object, report: ReportRole): boolean | undefined {
    const trusted = own(value, "trusted");
    if (trusted === undefined || typeof trusted === "boolean") return trusted;
    report.error([role, "trusted"], {
      code: "role-form",
      message: `\`trusted\` must be \`true\` or \`false\`, not ${JSON.stringify(trusted)}.`,
      fix: "Write `trusted: true` if its users may do anything to other users of their account.",
    });
    return undefined;
  }

  #streams(role: string, value: unknown, report: ReportRole): readonly Stream[] {
    const { streams } = this.#sdk;
    if (value === undefined) return [];
    if (value === "*") return streams;
    const names: readonly unknown[] = Array.isArray(value) ? value : [value];
    return names.flatMap((name, i) => {
      const found = streams.filter(({ stream }) => stream === name);
      if (found.length > 0) return found;
      const near = nearest(
        String(name),
        streams.map(({ stream }) => stream),
      );
      report.error([role, "streams", ...(Array.isArray(value) ? [String(i)] : [])], {
        code: "unknown-stream",
        message: `There is no stream ${JSON.stringify(name)}.`,
        fix:
          near === undefined
            ? `Use a stream of the document${streams.length === 0 ? ", which has none" : `: ${either(streams.map(({ stream }) => stream))}`}.`
            : `Did you mean \`${near}\`?`,
      });
      return [];
    });
  }

  /** Reports a user whose own group is a group of the document. */
  #checkGroup({ name: role, grants }: Role, { name }: User, report: ReportRole): void {
    const { channels, responders } = this.#sdk;
    if (!grants.some(({ verb }) => verb === "subscribe")) return;
    if (![...channels, ...responders].some(({ queue }) => queue === name)) return;
    report.error([role], {
      code: "unfit-name",
      message: `The user \`${name}\` has the name of a queue group of the document. It would take messages from the members of the group.`,
      fix: "Give the user another name.",
    });
  }

  #warnUndivided(role: Role, user: User, report: ReportRole): void {
    for (const stream of undividedStreams(role.grants, user, this.#sdk)) {
      report.warn([role.name, "subscribe"], {
        code: "undivided-stream",
        message: `\`${user.name}\` may read only a part of the stream \`${stream}\`. It could change a consumer whose name it knows so that other users get only that part as well.`,
        fix: "Keep the names of consumers secret from users that you do not trust, or store the part in its own stream, for example with a parameter in the stream's name.",
      });
    }
  }
}

function checkGrants(
  { name, grants }: Role,
  { bound }: User,
  live: readonly string[],
  report: ReportRole,
): void {
  for (const { verb, channel } of grants)
    checkReserved([name, verb], channel.key.address, patternsOf(channel.key, bound), report, live);
}

function isTooMuch(grants: readonly Grant[], { bound }: User): boolean {
  const counts = grants.map(({ channel }) =>
    channel.key.parameters.reduce((all, each) => all * (valuesOf(bound, each)?.length ?? 1), 1),
  );
  return counts.reduce((sum, each) => sum + each, 0) > maxSubjects;
}

function reportTooMuch(role: string, user: User, report: ReportRole): void {
  report.error([role], {
    code: "too-many-subjects",
    message: `The permissions of \`${user.name}\` would have more than ${maxSubjects} subjects.`,
    fix: "Reduce the allowed values of its parameters, or split it into several users.",
  });
}
