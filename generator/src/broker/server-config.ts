import { type BrokerOptions, type BrokerServer, banner, routeVariables } from "./broker.js";

/** The file that holds accounts and users; every server's configuration includes it. */
export const ACCOUNTS = "accounts.conf";

/**
 * The configuration of a server. What it stores goes to a folder of its name in its working folder.
 *
 * @param cluster What the cluster is called, where it is one.
 * @see https://docs.nats.io/running-a-nats-service/configuration
 */
export function serverConfig(
  { name, ports }: BrokerServer,
  cluster: string,
  options: BrokerOptions,
): string {
  const { tls, websocket, servers, operator } = options;
  const blocks = [
    `server_name: ${quoted(name)}`,
    `listen: ${quoted(`0.0.0.0:${ports.client}`)}`,
    `http: ${quoted(`0.0.0.0:${ports.monitoring}`)}`,
    `jetstream {\n  store_dir: ${quoted(`./${name}`)}\n}`,
    ...(tls === undefined ? [] : [tlsBlock(tls, false)]),
    ...(servers === 1 ? [] : [clusterBlock(cluster, ports.cluster, tls)]),
    ...(websocket ? [websocketBlock(ports.websocket, tls)] : []),
    ...(operator ? [resolverBlock(name)] : []),
    `include ${quoted(ACCOUNTS)}`,
  ];
  return `${banner}\n${blocks.join("\n")}\n`;
}

/** A string of a configuration; JSON's escapes are among those that NATS understands. */
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

/** The routes hold the password, so that they are not to be committed either. */
function clusterBlock(name: string, port: number, tls: string | undefined): string {
  const lines = [
    `name: ${quoted(name)}`,
    `listen: ${quoted(`0.0.0.0:${port}`)}`,
    `authorization {\n  user: "route"\n  password: $${routeVariables.password}\n}`,
    `routes: $${routeVariables.routes}`,
    ...(tls === undefined ? [] : [tlsBlock(tls, true)]),
  ];
  return `cluster {\n${indented(lines.join("\n"))}\n}`;
}

function websocketBlock(port: number, tls: string | undefined): string {
  const security = tls === undefined ? "no_tls: true" : tlsBlock(tls, false);
  const lines = [`listen: ${quoted(`0.0.0.0:${port}`)}`, security];
  return `websocket {\n${indented(lines.join("\n"))}\n}`;
}

/** Where accounts are kept that come at run time. */
function resolverBlock(name: string): string {
  return `resolver {\n  type: full\n  dir: ${quoted(`./${name}/accounts`)}\n  allow_delete: true\n}`;
}

/** Moves lines two columns in. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
