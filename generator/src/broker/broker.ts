import type { Import } from "../roles/import.js";
import type { AccountLimits } from "../roles/limits.js";
import type { Permissions } from "../roles/permission-row.js";
import type { Account } from "../roles/read-accounts.js";

/** A user of the broker. */
export interface BrokerUser {
  readonly name: string;
  readonly role: string;
  readonly account: string;
  readonly permissions: Permissions;
}

/** An account of the broker. */
export interface BrokerAccount {
  readonly name: string;
  readonly users: readonly BrokerUser[];
  /** Limits of the account; a missing limit means no limit. */
  readonly limits: AccountLimits;
  readonly imports: readonly Import[];
  /** Subjects that other accounts import. */
  readonly exports: readonly Export[];
}

/** Subject of an account that other accounts import. */
export interface Export extends Pick<Import, "kind" | "subject" | "manyReplies"> {
  /** Names of the importing accounts. */
  readonly accounts: readonly string[];
}

/**
 * Combines users and configured accounts.
 *
 * @param users All users.
 * @param said The configured accounts.
 */
export function brokerAccounts(
  users: readonly BrokerUser[],
  said: readonly Account[],
): readonly BrokerAccount[] {
  const names = new Set([...users.map(({ account }) => account), ...said.map(({ name }) => name)]);
  return [...names].map((name) => {
    const own = said.find((each) => each.name === name);
    return {
      name,
      users: users.filter(({ account }) => account === name),
      limits: own?.limits ?? {},
      imports: own?.imports ?? [],
      exports: exportsOf(name, said),
    };
  });
}

function exportsOf(account: string, said: readonly Account[]): readonly Export[] {
  const found = new Map<string, Omit<Export, "accounts"> & { readonly accounts: Set<string> }>();
  for (const { name, imports } of said) {
    for (const { from, kind, subject, exported = subject, manyReplies } of imports) {
      if (from !== account) continue;
      const key = `${kind} ${exported}`;
      const known = found.get(key);
      if (known === undefined)
        found.set(key, { kind, subject: exported, manyReplies, accounts: new Set([name]) });
      else known.accounts.add(name);
    }
  }
  return [...found.values()].map((each) => ({ ...each, accounts: [...each.accounts] }));
}

/** Options of a broker, in addition to the document. */
export interface BrokerOptions {
  /** One server, a cluster of three, or two clusters of three joined by gateways. */
  readonly servers: 1 | 3 | 6;
  /**
   * `true` for accounts and users as JWTs, signed by an operator, so that more can be added at run
   * time.
   */
  readonly operator: boolean;
  /** The servers' folder with `server.crt`, `server.key` and `ca.crt`; undefined for no TLS. */
  readonly tls: string | undefined;
  /** `true` to accept WebSocket connections of browsers. */
  readonly websocket: boolean;
  /** Address on which the servers listen; undefined for this machine only. */
  readonly listen: string | undefined;
  /** Version of nats-server, for example `2.14`. */
  readonly serverVersion: ServerVersion;
}

/** Versions of nats-server for which a configuration can be written. */
export const serverVersions = ["2.9", "2.10", "2.11", "2.12", "2.14"] as const;

/** One of the {@link serverVersions}. */
export type ServerVersion = (typeof serverVersions)[number];

/** @returns `true` if a version is the same as another, or newer. */
export function isAtLeast(version: ServerVersion, other: ServerVersion): boolean {
  return serverVersions.indexOf(version) >= serverVersions.indexOf(other);
}

/** Number of a cluster. */
export type ClusterNumber = 1 | 2;

/** A server of the broker. */
export interface BrokerServer {
  readonly name: string;
  readonly cluster: ClusterNumber;
  /** Its own ports, so that all servers can run on one machine. */
  readonly ports: Readonly<
    Record<"client" | "cluster" | "gateway" | "websocket" | "monitoring", number>
  >;
}

/** The servers of a broker. */
export function brokerServers({
  servers,
}: Pick<BrokerOptions, "servers">): readonly BrokerServer[] {
  return Array.from({ length: servers }, (_, i) => ({
    name: `nats-${i + 1}`,
    cluster: i < 3 ? 1 : 2,
    ports: {
      client: 4222 + i,
      cluster: 6222 + i,
      gateway: 7222 + i,
      websocket: 8080 + i,
      monitoring: 8222 + i,
    },
  }));
}

/** Environment variables with the addresses and the password of routes and gateways. */
export const variables = {
  password: "NATS_ROUTE_PASSWORD",
  listen: "NATS_LISTEN",
  routes: (cluster: ClusterNumber) => `NATS_ROUTES_${cluster}`,
  gateways: (cluster: ClusterNumber) => `NATS_GATEWAYS_${cluster}`,
} as const;

/** Environment variables that a server needs. */
export function variablesOf(
  { cluster }: BrokerServer,
  { servers }: Pick<BrokerOptions, "servers">,
): readonly string[] {
  if (servers === 1) return [];
  const gateways = servers === 6 ? [variables.gateways(1), variables.gateways(2)] : [];
  return [variables.listen, variables.password, variables.routes(cluster), ...gateways];
}

/** First line of every file. */
export const banner = "# Generated by alternats-gen broker. Changes are lost when it runs again.\n";
