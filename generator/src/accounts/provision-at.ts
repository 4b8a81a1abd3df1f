import { join } from "node:path";
import { BrokerError } from "../broker/errors.js";
import { readGuests } from "../broker/guests.js";
import { Secrets } from "../broker/secrets.js";
import { inboxPrefixOf } from "../roles/inboxes.js";
import { PROVISIONER } from "../roles/role.js";
import { codeOf, engine, messageOf } from "./engine.js";
import { PushError } from "./errors.js";
import { type Needs, type Provisioned, provision } from "./provision.js";

/**
 * Connects to a broker as the user `provisioner`, and provides what users that are not trusted need.
 *
 * @param folder The folder of the secrets.
 * @param servers Addresses of the broker.
 * @param needs The document's users that are not trusted.
 * @throws BrokerError about the secrets, or PushError
 */
export async function provisionAt(
  folder: string,
  servers: string | readonly string[],
  needs: readonly Needs[],
): Promise<readonly Provisioned[]> {
  const secrets = await Secrets.open(folder);
  const guests = await readGuests(secrets);
  const file = `users/${PROVISIONER}`;
  const seed = await secrets.read(`${file}.nk`);
  if (seed === undefined)
    throw new BrokerError(
      "SECRETS",
      `${join(secrets.folder, file)}.nk does not exist. Run alternats-gen broker first: it creates this user if a role is not trusted.`,
    );
  const isOperator = (await secrets.read(`${file}.creds`)) !== undefined;
  const authority = await secrets.read("tls/ca.crt");
  const { NatsConnection } = await engine();
  await using nats = new NatsConnection({
    servers,
    ...(authority !== undefined && { tls: { ca: authority } }),
    name: "alternats-gen provision",
    authenticator: isOperator
      ? { credsFile: join(secrets.folder, `${file}.creds`) }
      : { seed: seed.trim() },
    inboxPrefix: inboxPrefixOf({ name: PROVISIONER }),
    connectTimeout: 10_000,
    onError: () => {},
  });
  try {
    await nats.connect();
    return await provision(nats, [...needs, ...guests]);
  } catch (error) {
    if (error instanceof PushError || error instanceof BrokerError) throw error;
    // An address may contain a password.
    const place = String(servers).replace(/[^/,]*@/g, "");
    const code = codeOf(error);
    throw new PushError(
      `The streams of the broker at ${place} cannot be changed: ${messageOf(error)}${code === "AUTHORIZATION" ? " Start it with the configuration that alternats-gen broker wrote with these secrets." : ""}`,
      { cause: error },
    );
  }
}
