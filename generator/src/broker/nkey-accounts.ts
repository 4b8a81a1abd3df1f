import { type Permissions, RESPONSE_TTL } from "../roles/permissions.js";
import { systemAccount } from "../roles/role.js";
import { type BrokerUser, banner } from "./broker.js";
import { indented, quoted } from "./server-config.js";

/**
 * Accounts and users in a configuration.
 *
 * @param keys The public keys of the users.
 * @param systemKey The public key of the user of the system account.
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/accounts
 */
export function nkeyAccounts(
  users: readonly BrokerUser[],
  keys: ReadonlyMap<string, string>,
  systemKey: string,
): string {
  const names = [...new Set(users.map(({ account }) => account))];
  const accounts = names.map((account) => {
    const own = users.filter((user) => user.account === account);
    const list = own.map((user) => userBlock(user, keys.get(user.name) ?? "")).join("\n");
    return `${quoted(account)} {\n  jetstream: enabled\n  users: [\n${indented(indented(list))}\n  ]\n}`;
  });
  const system = `${quoted(systemAccount)} {\n  users: [ { nkey: ${quoted(systemKey)} } ]\n}`;
  return `${banner}
system_account: ${quoted(systemAccount)}
accounts {
${indented([system, ...accounts].join("\n"))}
}
`;
}

function userBlock({ name, role, permissions }: BrokerUser, key: string): string {
  const about = name === role ? `# ${name}` : `# ${name}, ${role}`;
  return `${about}\n{\n  nkey: ${quoted(key)}\n${indented(permissionBlock(permissions))}\n}`;
}

function permissionBlock({ publish, subscribe, responses }: Permissions): string {
  const lines = [
    `publish: ${subjects(publish)}`,
    `subscribe: ${subjects(subscribe)}`,
    ...(responses === 0
      ? []
      : [`allow_responses: { max: ${responses}, expires: ${quoted(`${RESPONSE_TTL}s`)} }`]),
  ];
  return `permissions: {\n${indented(lines.join("\n"))}\n}`;
}

/** Nothing allowed has to be said: an empty list would not refuse. */
function subjects(all: readonly string[]): string {
  if (all.length === 0) return `{ deny: ">" }`;
  return `{\n  allow: [\n${indented(indented(all.map(quoted).join("\n")))}\n  ]\n}`;
}
