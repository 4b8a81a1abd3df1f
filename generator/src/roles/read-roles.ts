import { type DocumentNode, own } from "../document/node.js";
import type { Channel, Sdk, Stream } from "../model/sdk.js";
import { either, nearest } from "../nearest.js";
import { checkBindings, readBindings } from "./bindings.js";
import { importKeys, roleKeys } from "./config.js";
import { warnOverlaps } from "./overlaps.js";
import { asked, atPlaces, ofConfiguration, type ReportRole } from "./report-role.js";
import {
  type Bindings,
  defaultAccount,
  type Grant,
  isName,
  type Role,
  systemAccount,
  type User,
  type Verb,
  verbs,
} from "./role.js";
import { undividedStreams } from "./streams.js";
import { valuesOf } from "./subject-patterns.js";

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
 * Reads one role, with the given users instead of those that it lists.
 *
 * @param root The document's root, where problems are reported.
 * @param sdk The SDK of both sides.
 * @param configured The configured roles, by name.
 * @param name The role's name.
 * @param users The users by name, each with the allowed values of its parameters.
 * @returns Undefined if there is no such role.
 */
export function readRoleOf(
  root: DocumentNode,
  sdk: Sdk,
  configured: Readonly<Record<string, unknown>>,
  name: string,
  users: Readonly<Record<string, unknown>>,
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
  reader.read(name, isObject(value) ? { ...value, users } : value, asked(root));
  return reader.roles[0];
}

/** Grants that an account imports from another account. */
export interface ImportGrants {
  /** Only `subscribe` and `request`. */
  readonly grants: readonly Grant[];
  readonly bound: Bindings;
}

/** Reads the roles of a document, and the imports of accounts, which have the same form. */
export class RoleReader {
  readonly roles: Role[] = [];
  readonly #sdk: Sdk;
  readonly #byName = new Map<string, Channel[]>();
  /** Used names in lower case, because files have these names. */
  readonly #users = new Set(["sys"]);

  constructor(sdk: Sdk) {
    this.#sdk = sdk;
    for (const channel of sdk.channels) {
      for (const name of new Set([channel.name, ...channel.operations]))
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), channel]);
    }
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
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const near = nearest(key, known);
      report.error([name, key], {
        code: "unknown-role-key",
        message: `A role has no \`${key}\`.`,
        fix: near === undefined ? `It has ${either(known)}.` : `Did you mean \`${near}\`?`,
      });
    }
    const description = own(value, "description");
    const account = own(value, "account") ?? defaultAccount;
    checkName([name], name, "role", report);
    if (checkName([name, "account"], account, "account", report) && account === systemAccount) {
      report.error([name, "account"], {
        code: "unfit-name",
        message: `The account \`${systemAccount}\` is reserved for the servers.`,
        fix: "Give the account another name.",
      });
    }
    const grants = verbs.flatMap((verb) => this.#grants([name], verb, own(value, verb), report));
    const streams = this.#streams(name, own(value, "streams"), report);
    if (grants.length === 0 && known.slice(2, -2).every((key) => own(value, key) === undefined)) {
      report.error([name], {
        code: "idle-role",
        message: `The role \`${name}\` has no permissions.`,
        fix: `Add ${either(verbs)}, each with a list of operations, or "*" for all.`,
      });
    }
    const channels = grants.map(({ channel }) => channel);
    const bound = readBindings(own(value, "parameters"), [name, "parameters"], channels, report);
    const users = this.#readUsers(name, own(value, "users"), bound, channels, report);
    const role: Role = {
      name,
      description: typeof description === "string" ? description : undefined,
      account: String(account),
      grants,
      streams,
      bound,
      users,
    };
    this.roles.push(role);
    for (const user of users) {
      if (isTooMuch(grants, user)) reportTooMuch(name, user, report);
      else {
        warnOverlaps(role, user, this.#sdk, report);
        this.#warnUndivided(role, user, report);
      }
    }
  }

  /**
   * Reads the imports of an account: operations and allowed values, as in a role.
   *
   * @param path Its place.
   */
  readImport(path: readonly string[], value: unknown, report: ReportRole): ImportGrants {
    const known = Object.keys(importKeys);
    if (!isObject(value)) {
      report.error(path, {
        code: "role-form",
        message: `An import must be an object, not ${JSON.stringify(value)}.`,
        fix: 'Write for example `{ subscribe: "*" }`.',
      });
      return { grants: [], bound: {} };
    }
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const near = nearest(key, known);
      report.error([...path, key], {
        code: "unknown-role-key",
        message: `An import has no \`${key}\`.`,
        fix: near === undefined ? `It has ${either(known)}.` : `Did you mean \`${near}\`?`,
      });
    }
    const grants = (["subscribe", "request"] as const).flatMap((verb) =>
      this.#grants(path, verb, own(value, verb), report),
    );
    const channels = grants.map(({ channel }) => channel);
    const place = [...path, "parameters"];
    const bound = readBindings(own(value, "parameters"), place, channels, report);
    checkBindings(bound, place, channels, report);
    return { grants, bound };
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

  #warnUndivided(role: Role, user: User, report: ReportRole): void {
    for (const stream of undividedStreams(role.grants, user, this.#sdk)) {
      report.warn([role.name, "subscribe"], {
        code: "undivided-stream",
        message: `\`${user.name}\` may read only a part of the stream \`${stream}\`. It could change a consumer whose name it knows so that other users get only that part as well.`,
        fix: "Keep the names of consumers secret from users that you do not trust, or store the part in its own stream, for example with a parameter in the stream's name.",
      });
    }
  }

  #grants(
    owner: readonly string[],
    verb: Verb,
    value: unknown,
    report: ReportRole,
  ): readonly Grant[] {
    if (value === undefined) return [];
    const path = [...owner, verb];
    const grant = (channel: Channel): Grant => {
      const responder = this.#sdk.responders.find(({ procedures }) => procedures.includes(channel));
      return { verb, channel, queue: responder?.queue ?? channel.queue };
    };
    if (value === "*")
      return this.#sdk.channels
        .filter((channel) => obstacle(verb, channel) === undefined)
        .map(grant);
    const names: readonly unknown[] = Array.isArray(value) ? value : [value];
    const found = names.flatMap((name, i) => {
      const place = Array.isArray(value) ? [...path, String(i)] : path;
      return this.#find(name, verb, place, report);
    });
    return this.#sdk.channels.filter((channel) => found.includes(channel)).map(grant);
  }

  #find(
    name: unknown,
    verb: Verb,
    path: readonly string[],
    report: ReportRole,
  ): readonly Channel[] {
    const channels = typeof name === "string" ? (this.#byName.get(name) ?? []) : [];
    if (channels.length === 0) {
      const near = nearest(String(name), this.#byName.keys());
      report.error(path, {
        code: "unknown-operation",
        message: `There is no operation ${typeof name === "string" ? `\`${name}\`` : JSON.stringify(name)}.`,
        fix:
          near === undefined
            ? `Use an operation's id or its name in the SDK, for example ${examples(this.#sdk)}.`
            : `Did you mean \`${near}\`?`,
      });
    }
    const possible = channels.filter((channel) => obstacle(verb, channel) === undefined);
    const [channel] = channels;
    if (possible.length === 0 && channel !== undefined) {
      report.error(path, {
        code: "unfit-operation",
        message: `A role cannot \`${verb}\` \`${name}\`: ${obstacle(verb, channel)?.message}.`,
        fix: obstacle(verb, channel)?.fix ?? "",
      });
    }
    return possible;
  }

  #readUsers(
    role: string,
    value: unknown,
    bound: Bindings,
    channels: readonly Channel[],
    report: ReportRole,
  ): readonly User[] {
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
    const isFree = !this.#users.has(small);
    if (!isFree) {
      report.error(path, {
        code: "unfit-name",
        message: `Another user is named \`${name}\`; names are not case-sensitive.`,
        fix: "Give each user a different name.",
      });
    }
    this.#users.add(small);
    return isFree;
  }
}

function checkName(
  path: readonly string[],
  name: unknown,
  what: string,
  report: ReportRole,
): name is string {
  if (typeof name === "string" && isName(name)) return true;
  report.error(path, {
    code: "unfit-name",
    message: `${JSON.stringify(name)} is not a valid name of a ${what}.`,
    fix: "Use up to 64 letters, digits, `-` and `_`, starting with a letter or digit.",
  });
  return false;
}

/** Reason why a verb does not apply to an operation; undefined if it does. */
function obstacle(
  verb: Verb,
  { kind, sends, key }: Channel,
): { readonly message: string; readonly fix: string } | undefined {
  if (key.isGiven)
    return {
      message: "its address is known only at run time",
      fix: "Give its channel an address.",
    };
  const isProcedure = kind === "procedure";
  if (isProcedure !== (verb === "request" || verb === "respond"))
    return isProcedure
      ? { message: "it has a reply", fix: "List it under `request` or `respond`." }
      : { message: "it has no reply", fix: "List it under `publish` or `subscribe`." };
  if (!sends && (verb === "publish" || verb === "request"))
    return {
      message: "its address has wildcards",
      fix: "Give the address parameters instead of wildcards.",
    };
  return undefined;
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

function examples({ channels }: Sdk): string {
  const names = channels.slice(0, 3).map(({ name }) => `\`${name}\``);
  return names.length === 0 ? "those of the document" : either(names);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
