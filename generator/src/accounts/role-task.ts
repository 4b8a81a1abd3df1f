import { type Diagnostic, Diagnostics } from "../diagnostics.js";
import { readDocument } from "../document/read-document.js";
import type { StreamOptions } from "../generate-options.js";
import { buildSdk } from "../model/build-sdk.js";
import type { Permissions } from "../roles/permission-row.js";
import { permissionRows, permissionsOf } from "../roles/permissions.js";
import { readRoleOf } from "../roles/read-roles.js";
import { openDiskFiles } from "../workshop/disk-files.js";
import type { Task } from "../workshop/document-thread.js";

/** Whose permissions are wanted. */
export interface RoleInput {
  /** The document's path. */
  readonly document: string;
  /** The folder that references may reach; the document's own when undefined. */
  readonly root: string | undefined;
  /** What the configuration says of roles. */
  readonly roles: Readonly<Record<string, unknown>>;
  /** What the configuration says of streams. */
  readonly streams: StreamOptions;
  /** The role's name. */
  readonly role: string;
  /** The user's name. */
  readonly user: string;
  /** What parameters are bound to for it, beside those of the role. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a role lets a user do. */
export interface RoleRead {
  /** Undefined where something is wrong. */
  readonly permissions: Permissions | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads what a role of a document on disk lets a further user do. */
const roleTask: Task<RoleInput, RoleRead> = async (input) => {
  const { document, root, roles, streams, role: name, user, parameters } = input;
  const disk = await openDiskFiles(document, root);
  const diagnostics = new Diagnostics();
  const loaded = await readDocument(disk, diagnostics);
  const permissions = loaded?.withinStack((node) => {
    const sdk = buildSdk(node, { streams }, undefined);
    const role = readRoleOf(node, sdk, roles, name, { [user]: parameters });
    const [found] = role?.users ?? [];
    return role === undefined || found === undefined
      ? undefined
      : permissionsOf(permissionRows(role, found, sdk));
  });
  return {
    permissions: diagnostics.failed ? undefined : permissions,
    diagnostics: diagnostics.list().map((each) => ({ ...each, file: disk.show(each.file) })),
  };
};

export default roleTask;
