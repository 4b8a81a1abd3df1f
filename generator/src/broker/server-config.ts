import { type BrokerOptions, banner, ports, ROUTE_PASSWORD, serverNames } from "./broker.js";

/** The file that holds accounts and users; every server's configuration includes it. */
export const ACCOUNTS = "accounts.conf";

/**
 * The configuration of a server. What it stores goes to its working folder.
 *
 * @param name One of {@link serverNames}.
 * @see https://docs.nats.io/running-a-nats-service/configuration
 */
export function serverConfig(name: string, cluster: string, options: BrokerOptions): string {
  const { tls, websocket } = options;
  const blocks = [
    `server_name: ${quoted(name)}`,
    `listen: ${quoted(`0.0.0.0:${ports.client}`)}`,
    `http: ${quoted(`0.0.0.0:${ports.monitoring}`)}`,
    `jetstream {\n  store_dir: "./jetstream"\n}`,
    ...(tls === undefined ? [] : [tlsBlock(tls, false)]),
    ...(options.servers === 1 ? [] : [clusterBlock(name, cluster, options)]),
    ...(websocket ? [websocketBlock(tls)] : []),
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

function clusterBlock(name: string, cluster: string, options: BrokerOptions): string {
  const routes = serverNames(options)
    .filter((other) => other !== name)
    .map((other) => quoted(`nats://${other}:${ports.cluster}`));
  const lines = [
    `name: ${quoted(cluster)}`,
    `listen: ${quoted(`0.0.0.0:${ports.cluster}`)}`,
    `authorization {\n  user: "route"\n  password: $${ROUTE_PASSWORD}\n}`,
    `routes: [\n${indented(routes.join("\n"))}\n]`,
    ...(options.tls === undefined ? [] : [tlsBlock(options.tls, true)]),
  ];
  return `cluster {\n${indented(lines.join("\n"))}\n}`;
}

function websocketBlock(tls: string | undefined): string {
  const security = tls === undefined ? "no_tls: true" : tlsBlock(tls, false);
  const lines = [`listen: ${quoted(`0.0.0.0:${ports.websocket}`)}`, security];
  return `websocket {\n${indented(lines.join("\n"))}\n}`;
}

/** Moves lines two columns in. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
