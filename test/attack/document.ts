import { Diagnostics } from "../../generator/src/diagnostics.js";
import { readDocument } from "../../generator/src/document/read-document.js";
import { buildSdk } from "../../generator/src/model/build-sdk.js";
import type { Sdk } from "../../generator/src/model/sdk.js";
import { covers } from "../../generator/src/model/streams.js";
import { permissionRows, permissionsOf } from "../../generator/src/roles/permissions.js";
import { readRoles } from "../../generator/src/roles/read-roles.js";
import type { Role, User } from "../../generator/src/roles/role.js";
import { patternsOf } from "../../generator/src/roles/subject-patterns.js";
import { openDiskFiles } from "../../generator/src/workshop/disk-files.js";

/** A user of a document, with what its role grants to it. */
export interface Suspect {
  readonly name: string;
  readonly role: string;
  readonly account: string;
  /** Users of another account must not notice it, except by messages that it may send. */
  readonly isTrusted: boolean;
  /** Subjects of the document that it may send events and requests to. */
  readonly sends: readonly string[];
  /** Subjects of the document whose events and requests it may hear, now and from streams. */
  readonly hears: readonly string[];
  /** Subjects whose requests it answers. */
  readonly answers: readonly string[];
  /** Queue groups that it may join, by subject. */
  readonly groups: readonly { readonly subject: string; readonly group: string }[];
  /** Subjects that the broker lets it publish to, with wildcards. */
  readonly publishes: readonly string[];
  /** Names of streams that it manages. */
  readonly manages: readonly string[];
}

/** A document on disk: its streams, and all its users. */
export interface Surface {
  readonly streams: Sdk["streams"];
  readonly suspects: readonly Suspect[];
}

/** Reads all users of a document and what their roles grant. */
export async function readSurface(path: string): Promise<Surface> {
  const disk = await openDiskFiles(path, undefined);
  const diagnostics = new Diagnostics();
  const loaded = await readDocument(disk, diagnostics);
  const surface = loaded?.withinStack((root) => {
    const sdk = buildSdk(root, {}, undefined);
    const roles = readRoles(root, sdk, {});
    return {
      streams: sdk.streams,
      suspects: roles.flatMap((role) =>
        role.users.map((user) => suspectOf(role, user, sdk, roles)),
      ),
    };
  });
  if (surface === undefined || diagnostics.failed)
    throw new Error(JSON.stringify(diagnostics.list(), undefined, 2));
  return surface;
}

function suspectOf(role: Role, user: User, sdk: Sdk, roles: readonly Role[]): Suspect {
  const of = (...verbs: readonly string[]): readonly string[] =>
    role.grants
      .filter(({ verb }) => verbs.includes(verb))
      .flatMap(({ channel }) => patternsOf(channel.key, user.bound));
  const permissions = permissionsOf(permissionRows(role, user, sdk, roles));
  return {
    name: user.name,
    role: role.name,
    account: user.account,
    isTrusted: role.trust.isTrusted,
    sends: of("publish", "request"),
    hears: of("subscribe", "respond"),
    answers: of("respond"),
    groups: permissions.subscribe.flatMap((each) => {
      const [subject = "", group] = each.split(" ");
      return group === undefined ? [] : [{ subject, group }];
    }),
    publishes: permissions.publish,
    manages: role.streams.map(({ stream }) => stream),
  };
}

/** Checks if one of some patterns includes a subject. */
export function isWithin(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => covers(pattern, subject));
}

/** A subject that a pattern includes. @param token Stands for each wildcard. */
export function instance(pattern: string, token: string): string {
  return pattern.replaceAll(/[*>]/g, token);
}
