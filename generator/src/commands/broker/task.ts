import { isAtLeast, type ServerVersion } from "../../broker/broker.js";
import { provisioner } from "../../broker/provisioner.js";
import type { BrokerPlan } from "../../broker/write-broker.js";
import { type Diagnostic, Diagnostics } from "../../diagnostics.js";
import type { DocumentNode } from "../../document/node.js";
import { readDocument } from "../../document/read-document.js";
import type { StreamOptions } from "../../generate-options.js";
import { buildSdk } from "../../model/build-sdk.js";
import type { Sdk } from "../../model/sdk.js";
import { permissionRows, permissionsOf } from "../../roles/permissions.js";
import { readAccounts } from "../../roles/read-accounts.js";
import { readRoles } from "../../roles/read-roles.js";
import { permissionReport } from "../../roles/report.js";
import type { Role } from "../../roles/role.js";
import { withStrangers } from "../../roles/stranger-accounts.js";
import { type Stranger, strangersOf } from "../../roles/strangers.js";
import { isStored } from "../../roles/streams.js";
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
  /** Oldest version of the servers. */
  readonly serverVersion: ServerVersion;
}

/** Result of the task. */
export interface BrokerPlanned {
  /** Undefined if the document has an error. */
  readonly plan: BrokerPlan | undefined;
  /** Users that are not trusted. */
  readonly strangers: readonly Stranger[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the roles of a document on disk. */
const brokerTask: Task<BrokerInput, BrokerPlanned> = async (input) => {
  const disk = await openDocument(input);
  const diagnostics = new Diagnostics();
  const loaded = await readDocument(disk, diagnostics, input);
  const plan = loaded?.withinStack((node) => planned(node, input));
  return {
    plan: diagnostics.failed ? undefined : plan?.plan,
    strangers: plan?.strangers ?? [],
    diagnostics: diagnostics.list().map((each) => ({ ...each, file: disk.show(each.file) })),
  };
};

export default brokerTask;

function planned(
  root: DocumentNode,
  said: Pick<BrokerInput, "roles" | "accounts" | "streams" | "serverVersion">,
): { readonly plan: BrokerPlan; readonly strangers: readonly Stranger[] } {
  const sdk = buildSdk(root, { streams: said.streams }, undefined);
  const roles = readRoles(root, sdk, said.roles);
  const strangers = strangersOf(roles, sdk);
  const accounts = withStrangers(readAccounts(root, sdk, roles, said.accounts), strangers);
  checkVersion(root, roles, sdk, said.serverVersion);
  const users = roles.flatMap((role) =>
    role.users.map((user) => ({
      name: user.name,
      role: role.name,
      account: user.account,
      permissions: permissionsOf(permissionRows(role, user, sdk, roles)),
    })),
  );
  const plan = {
    title: sdk.title,
    version: sdk.version,
    accounts,
    users: strangers.length === 0 ? users : [...users, provisioner],
    report: permissionReport(sdk.title, roles, accounts, sdk),
  };
  return { plan, strangers };
}

/**
 * Reports servers that are too old for strangers: before 2.12, an acknowledgement is a valid request
 * to purge a stream.
 */
function checkVersion(
  root: DocumentNode,
  roles: readonly Role[],
  sdk: Sdk,
  serverVersion: ServerVersion,
): void {
  const needed = "2.12";
  const isStreaming = roles.some(
    ({ trust, grants }) => !trust.isTrusted && grants.some(({ channel }) => isStored(sdk, channel)),
  );
  if (!isStreaming || isAtLeast(serverVersion, needed)) return;
  root.error({
    code: "server-version",
    message: `Users that are not trusted can use streams from nats-server ${needed} on, but the servers may be ${serverVersion}.`,
    fix: `Use nats-server ${needed} or newer and --server-version ${needed}, or write \`trusted: true\` for the roles.`,
  });
}
