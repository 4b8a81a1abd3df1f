import type { Import } from "../roles/import.js";
import type { AccountLimits } from "../roles/limits.js";
import type { Permissions } from "../roles/permission-row.js";
import { systemAccount } from "../roles/role.js";
import { type BrokerAccount, type BrokerUser, banner, type Export } from "./broker.js";
import { indented, quoted } from "./server-config.js";

/**
 * Creates the accounts and users of a configuration.
 *
 * @param accounts All accounts except the servers' own.
 * @param keys The public keys of the users.
 * @param systemKey The public key of the system account's user.
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/accounts
 */
export function nkeyAccounts(
  accounts: readonly BrokerAccount[],
  keys: ReadonlyMap<string, string>,
  systemKey: string,
): string {
  const blocks = accounts.map(({ name, limits, imports, exports, users }) => {
    const lines = [
      ...limitLines(limits),
      ...list("imports", imports.map(importLine)),
      ...list("exports", exports.map(exportLine)),
      ...list(
        "users",
        users.map((user) => userBlock(user, keys.get(user.name) ?? "")),
      ),
    ];
    return `${quoted(name)} {\n${indented(lines.join("\n"))}\n}`;
  });
  const system = `${quoted(systemAccount)} {\n  users: [ { nkey: ${quoted(systemKey)} } ]\n}`;
  return `${banner}
system_account: ${quoted(systemAccount)}
accounts {
${indented([system, ...blocks].join("\n"))}
}
`;
}

function list(name: string, blocks: readonly string[]): readonly string[] {
  return blocks.length === 0 ? [] : [`${name}: [\n${indented(blocks.join("\n"))}\n]`];
}

/** @see https://docs.nats.io/running-a-nats-service/configuration/resource_management */
function limitLines({ disk, memory, streams, consumers, ...limits }: AccountLimits): string[] {
  const set = (names: Readonly<Record<string, number | undefined>>): string[] =>
    Object.entries(names).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${value}`],
    );
  const stored = set({
    max_file: disk,
    max_memory: memory,
    max_streams: streams,
    max_consumers: consumers,
  });
  const others = set({
    max_connections: limits.connections,
    max_subscriptions: limits.subscriptions,
    max_payload: limits.payload,
  });
  return [
    ...(disk === 0 && memory === 0 ? [] : [block("jetstream", stored) ?? "jetstream: enabled"]),
    ...[block("limits", others) ?? []].flat(),
  ];
}

function block(name: string, lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : `${name} {\n${indented(lines.join("\n"))}\n}`;
}

function importLine({ kind, from, subject, local }: Import): string {
  const to = local === undefined ? "" : `, to: ${quoted(local)}`;
  return `{ ${kind}: { account: ${quoted(from)}, subject: ${quoted(subject)} }${to} }`;
}

function exportLine({ kind, subject, accounts, manyReplies }: Export): string {
  const answers = kind === "service" && manyReplies ? ", response_type: stream" : "";
  return `{ ${kind}: ${quoted(subject)}, accounts: [${accounts.map(quoted).join(", ")}]${answers} }`;
}

function userBlock({ name, role, permissions }: BrokerUser, key: string): string {
  const about = name === role ? `# ${name}` : `# ${name}, ${role}`;
  return `${about}\n{\n  nkey: ${quoted(key)}\n${indented(permissionBlock(permissions))}\n}`;
}

function permissionBlock({ publish, subscribe }: Permissions): string {
  const lines = [`publish: ${subjects(publish)}`, `subscribe: ${subjects(subscribe)}`];
  return `permissions: {\n${indented(lines.join("\n"))}\n}`;
}

/**
 * Formats allowed subjects. No permission must be written explicitly, because an empty list allows
 * everything.
 */
function subjects(all: readonly string[]): string {
  if (all.length === 0) return `{ deny: ">" }`;
  return `{\n  allow: [\n${indented(indented(all.map(quoted).join("\n")))}\n  ]\n}`;
}
