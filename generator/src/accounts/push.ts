import type { NatsConnection } from "alternats";
import { codeOf, engine, messageOf } from "./engine.js";
import { PushError } from "./errors.js";

/** Addresses of a broker, and the credentials to change accounts. */
export interface Broker {
  /** Addresses of its servers. */
  readonly servers: string | readonly string[];
  /**
   * The authority of their certificates, as PEM text; undefined for a well-known authority, or
   * none.
   */
  readonly authority: string | undefined;
  /** Path of the credentials of a system account's user. */
  readonly credentials: string;
}

/** Reply of a server to an update. */
interface Answer {
  readonly server?: { readonly name?: string };
  readonly data?: { readonly code?: number; readonly message?: string };
  readonly error?: { readonly code?: number; readonly description?: string };
}

/** Milliseconds for all replies to an update, and between two of them. */
const patience = { timeout: 5_000, stall: 300 } as const;

/**
 * Sends accounts to a running broker. From then on it accepts users according to the JWTs, and
 * disconnects revoked users.
 *
 * @param tokens The accounts' JWTs by their names.
 * @returns Names of the servers that have accepted all of them.
 * @throws PushError
 * @see
 * https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt/resolver
 */
export async function push(
  tokens: ReadonlyMap<string, string>,
  broker: Broker,
): Promise<readonly string[]> {
  await using nats = await connected(broker);
  let accepted: ReadonlySet<string> | undefined;
  for (const [account, token] of tokens) {
    const took = new Set(await update(nats, "UPDATE", account, token, broker.credentials));
    accepted =
      accepted === undefined ? took : new Set([...accepted].filter((name) => took.has(name)));
  }
  return [...(accepted ?? [])].sort();
}

/**
 * Makes a running broker forget an account.
 *
 * @param token The request, signed by the operator.
 * @returns Names of the servers that have accepted it.
 * @throws PushError
 */
export async function removeAccount(
  account: string,
  token: string,
  broker: Broker,
): Promise<readonly string[]> {
  await using nats = await connected(broker);
  return [...(await update(nats, "DELETE", account, token, broker.credentials))].sort();
}

async function connected(broker: Broker): Promise<NatsConnection> {
  const { credentials } = broker;
  const nats = await connectionTo(broker);
  try {
    await nats.connect();
  } catch (error) {
    const isRefused = codeOf(error) === "AUTHORIZATION";
    // An address may contain a password.
    const servers = String(broker.servers).replace(/[^/,]*@/g, "");
    await nats.close();
    throw new PushError(
      isRefused
        ? `The broker at ${servers} does not accept ${credentials}: it has another operator, or none. Start it with the configuration that alternats-gen broker --operator wrote with these secrets.`
        : `The broker at ${servers} is not reachable: ${messageOf(error)}`,
      { cause: error },
    );
  }
  return nats;
}

async function connectionTo({ servers, authority, credentials }: Broker): Promise<NatsConnection> {
  const { NatsConnection } = await engine();
  try {
    return new NatsConnection({
      servers,
      ...(authority !== undefined && { tls: { ca: authority } }),
      name: "alternats-gen account",
      authenticator: { credsFile: credentials },
      // A server searches its cluster for an unknown account for two seconds.
      connectTimeout: 10_000,
      onError: () => {},
    });
  } catch (error) {
    throw new PushError(messageOf(error), { cause: error });
  }
}

async function update(
  nats: NatsConnection,
  verb: "UPDATE" | "DELETE",
  account: string,
  token: string,
  credentials: string,
): Promise<readonly string[]> {
  const took: string[] = [];
  try {
    const bytes = new TextEncoder().encode(token);
    const answers = nats.requestMany<Answer>(`$SYS.REQ.CLAIMS.${verb}`, bytes, patience);
    for await (const { value } of answers) {
      const { name = "A server" } = value.server ?? {};
      if (value.data?.code !== 200)
        throw new PushError(
          `${name} rejected the account ${account}: ${value.error?.description ?? JSON.stringify(value)}`,
        );
      took.push(name);
    }
  } catch (error) {
    if (error instanceof PushError) throw error;
    throw new PushError(await whyNot(nats, error, credentials), { cause: error });
  }
  if (took.length === 0)
    throw new PushError(
      `No server confirmed the account ${account} within ${patience.timeout / 1_000} s. Try again.`,
    );
  return took;
}

/** Reason why an update failed. */
async function whyNot(nats: NatsConnection, error: unknown, credentials: string): Promise<string> {
  const code = codeOf(error);
  if (code !== "NO_RESPONDERS" && code !== "PERMISSION_VIOLATION") return messageOf(error);
  try {
    await nats.request("$SYS.REQ.SERVER.PING", "");
    return "The broker keeps no accounts that come at run time. Its configuration needs a resolver of the type full, as alternats-gen broker --operator writes it.";
  } catch {
    return `${credentials} is not a user of the broker's system account, which alone may tell it of accounts.`;
  }
}
