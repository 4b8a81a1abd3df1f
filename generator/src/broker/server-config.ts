import {
  type BrokerOptions,
  type BrokerServer,
  banner,
  type ClusterNumber,
  variables,
} from "./broker.js";

/** File with accounts and users, which every server's configuration includes. */
export const ACCOUNTS = "accounts.conf";

/** File that a container adds to a server's configuration, mounted as {@link MOUNTED}. */
export const CONTAINERS = "containers.conf";

/** Name of a server's configuration in its container. */
export const MOUNTED = "server.conf";

/** Monitoring port in a container. */
export const MONITORING = 8222;

/**
 * Creates the configuration of a server. The server stores its data in a folder with its name, in
 * its working folder.
 *
 * @param project Prefix of the clusters' names.
 * @see https://docs.nats.io/running-a-nats-service/configuration
 */
export function serverConfig(
  server: BrokerServer,
  project: string,
  options: BrokerOptions,
): string {
  const { name, ports } = server;
  const { tls, websocket, servers, operator } = options;
  const blocks = [
    `server_name: ${quoted(name)}`,
    `listen: ${quoted(`0.0.0.0:${ports.client}`)}`,
    // The monitoring port shows connections and subjects without authentication.
    `http: ${quoted(`127.0.0.1:${ports.monitoring}`)}`,
    `jetstream {\n  store_dir: ${quoted(`./${name}`)}\n}`,
    ...(tls === undefined ? [] : [tlsBlock(tls, false)]),
    ...(servers === 1 ? [] : [clusterBlock(server, project, options)]),
    ...(servers === 6 ? [gatewayBlock(server, project, tls)] : []),
    ...(websocket ? [websocketBlock(ports.websocket, tls)] : []),
    ...(operator ? [resolverBlock(name)] : []),
    `include ${quoted(ACCOUNTS)}`,
  ];
  return `${banner}\n${blocks.join("\n")}\n`;
}

/**
 * Creates the additional configuration in a container, whose own address is not reachable from
 * outside.
 */
export function containerConfig(): string {
  return `${banner}
include ${quoted(MOUNTED)}
http: ${quoted(`0.0.0.0:${MONITORING}`)}
`;
}

/** Formats a string of the configuration; NATS understands JSON's escapes. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

function tlsBlock(folder: string, verify: boolean): string {
  const lines = [
    `cert_file: ${quoted(`${folder}/server.crt`)}`,
    `key_file: ${quoted(`${folder}/server.key`)}`,
    `ca_file: ${quoted(`${folder}/ca.crt`)}`,
    ...(verify ? ["verify: true"] : []),
  ];
  return `tls {\n${indented(lines.join("\n"))}\n}`;
}

/** Creates the cluster section. The routes contain the password, so they must not be committed. */
function clusterBlock(
  { cluster, ports }: BrokerServer,
  project: string,
  { servers, tls }: BrokerOptions,
): string {
  const lines = [
    `name: ${quoted(servers === 6 ? clusterName(project, cluster) : project)}`,
    `listen: ${quoted(`0.0.0.0:${ports.cluster}`)}`,
    `authorization {\n  user: "route"\n  password: $${variables.password}\n}`,
    `routes: $${variables.routes(cluster)}`,
    ...(tls === undefined ? [] : [tlsBlock(tls, true)]),
  ];
  return `cluster {\n${indented(lines.join("\n"))}\n}`;
}

/** @see https://docs.nats.io/running-a-nats-service/configuration/gateways/gateway */
function gatewayBlock(
  { cluster, ports }: BrokerServer,
  project: string,
  tls: string | undefined,
): string {
  const clusters = ([1, 2] as const).map((number) => {
    const name = quoted(clusterName(project, number));
    return `{ name: ${name}, urls: $${variables.gateways(number)} }`;
  });
  const lines = [
    `name: ${quoted(clusterName(project, cluster))}`,
    `listen: ${quoted(`0.0.0.0:${ports.gateway}`)}`,
    `authorization {\n  user: "gateway"\n  password: $${variables.password}\n}`,
    "reject_unknown_cluster: true",
    `gateways: [\n${indented(clusters.join("\n"))}\n]`,
    ...(tls === undefined ? [] : [tlsBlock(tls, true)]),
  ];
  return `gateway {\n${indented(lines.join("\n"))}\n}`;
}

function clusterName(project: string, number: ClusterNumber): string {
  return `${project}-${number}`;
}

function websocketBlock(port: number, tls: string | undefined): string {
  const security = tls === undefined ? "no_tls: true" : tlsBlock(tls, false);
  const lines = [`listen: ${quoted(`0.0.0.0:${port}`)}`, security];
  return `websocket {\n${indented(lines.join("\n"))}\n}`;
}

/** Creates the section of the resolver, which stores accounts that are created at run time. */
function resolverBlock(name: string): string {
  return `resolver {\n  type: full\n  dir: ${quoted(`./${name}/accounts`)}\n  allow_delete: true\n}`;
}

/** Indents lines by two columns. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
