import { randomBytes } from "node:crypto";
import { type BrokerOptions, brokerServers, type ClusterNumber, variables } from "./broker.js";
import type { Secrets } from "./secrets.js";
import { LOCALHOST } from "./server-config.js";

/** File in the secrets folder with the variables for compose and swarm. */
export const CONTAINERS_ENV = "broker.env";

/** File in the secrets folder with the variables for servers that all run on one machine. */
export const LOCAL_ENV = "local.env";

/** Variable with the path of the secrets. */
export const SECRETS = "ALTERNATS_SECRETS";

const clusters: readonly ClusterNumber[] = [1, 2];

/** Writes the environment variables of the servers. The password stays the same. */
export async function writeEnvironment(
  secrets: Secrets,
  { listen = LOCALHOST }: Pick<BrokerOptions, "listen">,
): Promise<void> {
  const previous = await secrets.read(CONTAINERS_ENV);
  // A server parses it like a value of its configuration: without leading letters it may be read as
  // a number.
  const password =
    previous?.match(new RegExp(`^${variables.password}=(\\w+)$`, "m"))?.[1] ??
    `route${randomBytes(32).toString("hex")}`;
  const servers = brokerServers({ servers: 6 });
  const write = async (
    file: string,
    own: string,
    hostOf: (name: string) => string,
  ): Promise<void> => {
    const addresses = (user: "route" | "gateway", cluster: ClusterNumber): string => {
      const port = user === "route" ? "cluster" : "gateway";
      const own = servers.filter((each) => each.cluster === cluster);
      const urls = own.map(({ name, ports }) => {
        return `nats://${user}:${password}@${hostOf(name)}:${ports[port]}`;
      });
      return `'${JSON.stringify(urls)}'`;
    };
    const lines = [
      `${SECRETS}='${secrets.folder}'`,
      `${variables.listen}=${own}`,
      `${variables.password}=${password}`,
      ...clusters.map((number) => `${variables.routes(number)}=${addresses("route", number)}`),
      ...clusters.map((number) => `${variables.gateways(number)}=${addresses("gateway", number)}`),
    ];
    const text = `${lines.join("\n")}\n`;
    if (text !== (await secrets.read(file))) await secrets.write(file, text);
  };
  // A container has a network of its own.
  await write(CONTAINERS_ENV, "0.0.0.0", (name) => name);
  await write(LOCAL_ENV, listen, () => LOCALHOST);
}
