import type { BrokerPlan } from "../../broker/write-broker.js";
import { type Diagnostic, Diagnostics } from "../../diagnostics.js";
import type { DocumentNode } from "../../document/node.js";
import { readDocument } from "../../document/read-document.js";
import type { StreamOptions } from "../../generate-options.js";
import { buildSdk } from "../../model/build-sdk.js";
import { permissionRows, permissionsOf } from "../../roles/permissions.js";
import { readAccounts } from "../../roles/read-accounts.js";
import { readRoles } from "../../roles/read-roles.js";
import { permissionReport } from "../../roles/report.js";
import type { Task } from "../../workshop/document-thread.js";
import { type DocumentPlace, openDocument } from "../../workshop/open-document.js";

/** Input of the task. */
export interface BrokerInput extends DocumentPlace {
  /** `true` to report errors that have no effect on an SDK as warnings. */
  readonly lenient?: boolean | undefined;
  /** Limit on the growth of the document. */
  readonly limits?: string | undefined;
  /** Roles of the configuration. */
  readonly roles: Readonly<Record<string, unknown>>;
  /** Accounts of the configuration. */
  readonly accounts: Readonly<Record<string, unknown>>;
  /** Streams of the configuration. */
  readonly streams: StreamOptions;
}

/** Result of the task. */
export interface BrokerPlanned {
  /** Undefined if the document has an error. */
  readonly plan: BrokerPlan | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the roles of a document on disk. */
const brokerTask: Task<BrokerInput, BrokerPlanned> = async (input) => {
  const disk = await openDocument(input);
  const diagnostics = new Diagnostics();
  const loaded = await readDocument(disk, diagnostics, input);
  const plan = loaded?.withinStack((node) => planned(node, input));
  return {
    plan: diagnostics.failed ? undefined : plan,
    diagnostics: diagnostics.list().map((each) => ({ ...each, file: disk.show(each.file) })),
  };
};

export default brokerTask;

function planned(
  root: DocumentNode,
  said: Pick<BrokerInput, "roles" | "accounts" | "streams">,
): BrokerPlan {
  const sdk = buildSdk(root, { streams: said.streams }, undefined);
  const roles = readRoles(root, sdk, said.roles);
  const accounts = readAccounts(root, sdk, roles, said.accounts);
  return {
    title: sdk.title,
    version: sdk.version,
    accounts,
    users: roles.flatMap((role) =>
      role.users.map((user) => ({
        name: user.name,
        role: role.name,
        account: role.account,
        permissions: permissionsOf(permissionRows(role, user, sdk, roles)),
      })),
    ),
    report: permissionReport(sdk.title, roles, accounts, sdk),
  };
}
