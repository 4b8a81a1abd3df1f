import {
  type BrokerOptions,
  type BrokerServer,
  banner,
  brokerServers,
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
  const host = hostOf(options);
  const blocks = [
    `server_name: ${quoted(name)}`,
    `host: ${host}\nport: ${ports.client}`,
    // The monitoring port shows connections and subjects without authentication.
    `http: ${quoted(`127.0.0.1:${ports.monitoring}`)}`,
    `jetstream {\n${indented(jetStreamLines(name, options).join("\n"))}\n}`,
    ...(tls === undefined ? [] : [tlsBlock(tls, false)]),
    ...(servers === 1 ? [] : [clusterBlock(server, project, options)]),
    ...(servers === 6 ? [gatewayBlock(server, project, options)] : []),
    ...(websocket ? [websocketBlock(host, ports.websocket, tls)] : []),
    ...(operator ? [resolverBlock(name)] : []),
    `include ${quoted(ACCOUNTS)}`,
  ];
  return `${banner}\n${blocks.join("\n")}\n`;
}

/**
 * Creates the additional configuration in a container, which is not reachable from outside at its
 * own address. The address of several servers is a variable.
 */
export function containerConfig({ servers, websocket, tls }: BrokerOptions): string {
  const [first] = brokerServers({ servers: 1 });
  const everywhere = quoted("0.0.0.0");
  const blocks = [
    `include ${quoted(MOUNTED)}`,
    `http: ${quoted(`0.0.0.0:${MONITORING}`)}`,
    ...(servers === 1 ? [`host: ${everywhere}`] : []),
    ...(servers === 1 && websocket && first !== undefined
      ? [websocketBlock(everywhere, first.ports.websocket, tls)]
      : []),
  ];
  return `${banner}\n${blocks.join("\n")}\n`;
}

/** Address on which a server listens: a variable if several servers have the same. */
function hostOf({ servers, listen = LOCALHOST }: BrokerOptions): string {
  return servers === 1 ? quoted(listen) : `$${variables.listen}`;
}

/** Address that only programs on the same machine can reach. */
export const LOCALHOST = "127.0.0.1";

function jetStreamLines(name: string, { serverVersion }: BrokerOptions): readonly string[] {
  // Requests with unknown properties are refused: an acknowledgement must not be a valid request.
  // From 2.12 on, this is the default; before 2.11 there is no such setting.
  const strict = serverVersion === "2.11" ? ["strict: true"] : [];
  return [`store_dir: ${quoted(`./${name}`)}`, ...strict];
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
  options: BrokerOptions,
): string {
  const { servers, tls } = options;
  const lines = [
    `name: ${quoted(servers === 6 ? clusterName(project, cluster) : project)}`,
    `host: ${hostOf(options)}\nport: ${ports.cluster}`,
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
  options: BrokerOptions,
): string {
  const { tls } = options;
  const clusters = ([1, 2] as const).map((number) => {
    const name = quoted(clusterName(project, number));
    return `{ name: ${name}, urls: $${variables.gateways(number)} }`;
  });
  const lines = [
    `name: ${quoted(clusterName(project, cluster))}`,
    `host: ${hostOf(options)}\nport: ${ports.gateway}`,
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

function websocketBlock(host: string, port: number, tls: string | undefined): string {
  const security = tls === undefined ? "no_tls: true" : tlsBlock(tls, false);
  const lines = [`host: ${host}\nport: ${port}`, security];
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
