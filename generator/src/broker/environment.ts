import { randomBytes } from "node:crypto";
import { brokerServers, routeVariables } from "./broker.js";
import type { Secrets } from "./secrets.js";

/** The file of the secrets that compose and swarm take their variables from. */
export const CONTAINERS_ENV = "broker.env";

/** The file of the secrets with the variables for servers that all run on one machine. */
export const LOCAL_ENV = "local.env";

/** The variable that says where the secrets are. */
export const SECRETS = "ALTERNATS_SECRETS";

/** Writes what servers have to be told by their environment. The password stays the same. */
export async function writeEnvironment(secrets: Secrets): Promise<void> {
  const { password, routes } = routeVariables;
  const previous = await secrets.read(CONTAINERS_ENV);
  // A server reads it like a value of its configuration: letters in front, or it may be a number.
  const secret =
    previous?.match(new RegExp(`^${password}=(\\w+)$`, "m"))?.[1] ??
    `route${randomBytes(32).toString("hex")}`;
  const write = async (file: string, hostOf: (name: string) => string): Promise<void> => {
    const addresses = brokerServers({ servers: 3 }).map(({ name, ports }) => {
      return `nats://route:${secret}@${hostOf(name)}:${ports.cluster}`;
    });
    const lines = [
      `${SECRETS}='${secrets.folder}'`,
      `${password}=${secret}`,
      `${routes}='${JSON.stringify(addresses)}'`,
    ];
    const text = `${lines.join("\n")}\n`;
    if (text !== (await secrets.read(file))) await secrets.write(file, text);
  };
  await write(CONTAINERS_ENV, (name) => name);
  await write(LOCAL_ENV, () => "127.0.0.1");
}
