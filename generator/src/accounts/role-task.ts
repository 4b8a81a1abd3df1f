import { type Diagnostic, Diagnostics } from "../diagnostics.js";
import { readDocument } from "../document/read-document.js";
import type { StreamOptions } from "../generate-options.js";
import { buildSdk } from "../model/build-sdk.js";
import type { Permissions } from "../roles/permission-row.js";
import { permissionRows, permissionsOf } from "../roles/permissions.js";
import { readRoleOf } from "../roles/read-roles.js";
import { type Stranger, strangerOf } from "../roles/strangers.js";
import type { Task } from "../workshop/document-thread.js";
import { openDocument } from "../workshop/open-document.js";

/** Input for reading a role. */
export interface RoleInput {
  /** The document's path. */
  readonly document: string;
  /**
   * Folder that references may reach; by default the nearest folder with `.git`, else the document's own. See
   * `docs/generator.md`, "Untrusted documents".
   */
  readonly root: string | undefined;
  /** Limit on the growth of the document. */
  readonly limits?: string | undefined;
  /** Roles of the configuration. */
  readonly roles: Readonly<Record<string, unknown>>;
  /** Streams of the configuration. */
  readonly streams: StreamOptions;
  /** The role's name. */
  readonly role: string;
  /** The account's name. */
  readonly account: string;
  /** The user's name. */
  readonly user: string;
  /** Allowed values of parameters for it, in addition to those of the role. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Permissions of a user with a role. */
export interface RoleRead {
  /** Undefined if the document or the role has an error. */
  readonly found:
    | {
        readonly permissions: Permissions;
        /** Undefined if the role is trusted. */
        readonly stranger: Stranger | undefined;
      }
    | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the permissions that a role of a document on disk gives to a new user. */
const roleTask: Task<RoleInput, RoleRead> = async (input) => {
  const { document, root, limits, roles, streams, role: name, user, parameters } = input;
  const disk = await openDocument({ document, root });
  const diagnostics = new Diagnostics();
  const loaded = await readDocument(disk, diagnostics, { limits });
  const result = loaded?.withinStack((node) => {
    const sdk = buildSdk(node, { streams }, undefined);
    const role = readRoleOf(node, sdk, roles, name, { [user]: parameters }, input.account);
    const [found] = role?.users ?? [];
    if (role === undefined || found === undefined) return undefined;
    return {
      permissions: permissionsOf(permissionRows(role, found, sdk, [])),
      stranger: role.trust.isTrusted ? undefined : strangerOf(role, found, sdk),
    };
  });
  return {
    found: diagnostics.failed ? undefined : result,
    diagnostics: diagnostics.list().map((each) => ({ ...each, file: disk.show(each.file) })),
  };
};

export default roleTask;
