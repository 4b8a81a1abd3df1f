import type { AccountLimits } from "../roles/limits.js";
import type { Permissions } from "../roles/permission-row.js";
import type { Account, Import } from "../roles/read-accounts.js";

/** Who connects to the broker. */
export interface BrokerUser {
  readonly name: string;
  readonly role: string;
  readonly account: string;
  readonly permissions: Permissions;
}

/** An account that the broker has. */
export interface BrokerAccount {
  readonly name: string;
  readonly users: readonly BrokerUser[];
  /** What it may use at most; what is not given has no limit. */
  readonly limits: AccountLimits;
  readonly imports: readonly Import[];
  /** What others import of it. */
  readonly exports: readonly Export[];
}

/** What others import of an account. */
export interface Export extends Omit<Import, "from"> {
  /** Their names. */
  readonly accounts: readonly string[];
}

/**
 * Lays users and what is said of accounts together.
 *
 * @param users Every user.
 * @param said The accounts of which something is said.
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
  const found = new Map<string, Export>();
  for (const { name, imports } of said) {
    for (const { from, ...each } of imports) {
      if (from !== account) continue;
      const key = `${each.kind} ${each.subject}`;
      found.set(key, { ...each, accounts: [...(found.get(key)?.accounts ?? []), name] });
    }
  }
  return [...found.values()];
}

/** What a broker is to be, beyond what the document says. */
export interface BrokerOptions {
  /** One server, a cluster of three, or two clusters of three that are joined. */
  readonly servers: 1 | 3 | 6;
  /** Whether accounts and users are JWTs, signed by an operator, so that more can be added at run time. */
  readonly operator: boolean;
  /** The folder in which the servers find `server.crt`, `server.key` and `ca.crt`; without it there is no TLS. */
  readonly tls: string | undefined;
  /** Whether browsers can connect. */
  readonly websocket: boolean;
}

/** The numbers of the clusters. */
export type ClusterNumber = 1 | 2;

/** One of the servers. */
export interface BrokerServer {
  readonly name: string;
  readonly cluster: ClusterNumber;
  /** Its own, so that all of them can run on one machine. */
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

/** The variables of the environment by which servers know and find each other. */
export const variables = {
  password: "NATS_ROUTE_PASSWORD",
  routes: (cluster: ClusterNumber) => `NATS_ROUTES_${cluster}`,
  gateways: (cluster: ClusterNumber) => `NATS_GATEWAYS_${cluster}`,
} as const;

/** The variables that a server needs. */
export function variablesOf(
  { cluster }: BrokerServer,
  { servers }: Pick<BrokerOptions, "servers">,
): readonly string[] {
  if (servers === 1) return [];
  const gateways = servers === 6 ? [variables.gateways(1), variables.gateways(2)] : [];
  return [variables.password, variables.routes(cluster), ...gateways];
}

/** What every file begins with. */
export const banner = "# Written by alternats-gen broker, which writes it anew. Do not edit.\n";
