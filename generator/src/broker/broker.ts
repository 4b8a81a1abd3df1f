import type { Permissions } from "../roles/permissions.js";

/** Who connects to the broker. */
export interface BrokerUser {
  readonly name: string;
  readonly role: string;
  readonly account: string;
  readonly permissions: Permissions;
}

/** What a broker is to be, beyond what the document says. */
export interface BrokerOptions {
  /** One server, or a cluster of three. */
  readonly servers: 1 | 3;
  /** Whether accounts and users are JWTs, signed by an operator, so that more can be added at run time. */
  readonly operator: boolean;
  /** The folder in which the servers find `server.crt`, `server.key` and `ca.crt`; without it there is no TLS. */
  readonly tls: string | undefined;
  /** Whether browsers can connect. */
  readonly websocket: boolean;
}

/** The ports of every server. */
export const ports = { client: 4222, cluster: 6222, websocket: 8080, monitoring: 8222 } as const;

/** The variable of the environment by which the servers of a cluster know each other. */
export const ROUTE_PASSWORD = "NATS_ROUTE_PASSWORD";

/** The names of the servers. */
export function serverNames({ servers }: BrokerOptions): readonly string[] {
  return Array.from({ length: servers }, (_, i) => `nats-${i + 1}`);
}

/** What every file begins with. */
export const banner = "# Written by alternats-gen broker, which writes it anew. Do not edit.\n";
