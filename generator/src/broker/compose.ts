import type { GeneratedFile } from "../generated-file.js";
import { hash } from "../output/manifest.js";
import {
  type BrokerOptions,
  type BrokerServer,
  banner,
  brokerServers,
  variablesOf,
} from "./broker.js";
import { CONTAINERS_ENV, SECRETS } from "./environment.js";
import { ACCOUNTS, CONTAINERS, MONITORING, MOUNTED } from "./server-config.js";

const tlsFiles = ["server.crt", "server.key", "ca.crt"];

/**
 * Creates a compose file for one machine, with the ports of every server, and a stack for a swarm,
 * whose configs and secrets reach every node.
 *
 * @param configs The configuration files to mount.
 * @see https://docs.docker.com/reference/compose-file/
 */
export async function composeFiles(
  project: string,
  configs: readonly GeneratedFile[],
  options: BrokerOptions,
): Promise<readonly GeneratedFile[]> {
  const { stringify } = await import("yaml");
  const write = (content: object): string => `${banner}\n${stringify(content, { lineWidth: 0 })}`;
  return [
    { path: "compose.yaml", text: write(compose(project, configs, options, false)) },
    { path: "stack.yaml", text: write(compose(project, configs, options, true)) },
  ];
}

function compose(
  project: string,
  configs: readonly GeneratedFile[],
  options: BrokerOptions,
  isStack: boolean,
): object {
  const servers = brokerServers(options);
  const services = servers.map((server) => [server.name, service(server, options, isStack)]);
  return {
    ...(isStack ? { version: "3.8" } : { name: project }),
    services: Object.fromEntries(services),
    configs: Object.fromEntries(
      configs.map(({ path, text }) => [
        path.replace(".", "-"),
        // A swarm never changes a config: another content needs another name.
        { file: `./${path}`, ...(isStack && { name: versioned(project, path, text) }) },
      ]),
    ),
    ...(options.tls !== undefined && {
      secrets: Object.fromEntries(
        tlsFiles.map((file) => [
          file.replace(".", "-"),
          { file: `${variable(SECRETS)}/tls/${file}` },
        ]),
      ),
    }),
    volumes: Object.fromEntries(servers.map(({ name }) => [name, {}])),
  };
}

function versioned(project: string, path: string, text: string): string {
  return `${project}-${path.replace(".", "-")}-${hash(text).slice(0, 12)}`;
}

function service(server: BrokerServer, options: BrokerOptions, isStack: boolean): object {
  const { name, ports } = server;
  const { tls, websocket } = options;
  const environment = variablesOf(server, options).map((each) => [each, variable(each)]);
  const same = (port: number): string => `${port}:${port}`;
  const published = [
    same(ports.client),
    ...(websocket ? [same(ports.websocket)] : []),
    // The monitoring port shows connections and subjects: it accepts connections of the same
    // machine only.
    ...(isStack ? [] : [`127.0.0.1:${ports.monitoring}:${MONITORING}`]),
  ];
  return {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: compose fills it in
    image: "nats:${NATS_VERSION:-2.14}",
    command: ["-c", `/etc/nats/${CONTAINERS}`],
    working_dir: "/data",
    ...(isStack ? { hostname: name } : { restart: "unless-stopped" }),
    configs: [
      [`${name}.conf`, MOUNTED],
      [CONTAINERS, CONTAINERS],
      [ACCOUNTS, ACCOUNTS],
    ].map(([file = "", target]) => ({
      source: file.replace(".", "-"),
      target: `/etc/nats/${target}`,
    })),
    ...(environment.length > 0 && { environment: Object.fromEntries(environment) }),
    ...(tls !== undefined && {
      secrets: tlsFiles.map((file) => ({
        source: file.replace(".", "-"),
        target: `${tls}/${file}`,
      })),
    }),
    volumes: [`${name}:/data`],
    ports: published,
    ...(isStack && {
      deploy: {
        replicas: 1,
        restart_policy: { condition: "any" },
        // A server's data is on the node where it has run.
        placement: { constraints: [`node.labels.${name} == true`] },
      },
    }),
  };
}

/** A variable without which compose fails. */
function variable(name: string): string {
  return `\${${name}:?see ${CONTAINERS_ENV} in the folder of the secrets}`;
}
