import { typeOf } from "../arguments.js";
import {
  type NatsAuthenticator,
  type NatsCredentials,
  wrongCredentials,
} from "../auth/credentials.js";
import { InvalidArgumentError } from "../errors.js";
import { formatServer, parseServer } from "../protocol/server-address.js";
import { wrongOption } from "./option.js";

/** Servers and the credentials for each. */
export interface ResolvedServers {
  /** The servers, each once, as complete addresses without user information. */
  readonly servers: readonly string[];
  /** Returns the credentials for each attempt to connect: of the option, or of the address. */
  readonly authenticator: Exclude<NatsAuthenticator, NatsCredentials>;
}

/**
 * Removes the user information from addresses, and makes a function of credentials.
 *
 * @param servers The option `servers`.
 * @param authenticator Credentials of servers whose address has none.
 * @throws InvalidArgumentError naming the option.
 */
export function resolveServers(
  servers: string | readonly string[],
  authenticator: NatsAuthenticator | undefined,
): ResolvedServers {
  const texts = typeof servers === "string" ? servers.split(",") : servers;
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== "string")) {
    // One of several may hold a password.
    const odd = Array.isArray(texts) ? texts.find((text) => typeof text !== "string") : servers;
    throw new InvalidArgumentError(
      `The option "servers" must be an address or an array of addresses, not ${typeOf(odd)}.`,
    );
  }
  if (texts.length === 0) throw wrongOption("servers", "at least one address", "an empty array");
  const found = new Map<string, NatsCredentials | undefined>();
  for (const text of texts) {
    const { credentials, ...address } = parseServer(text);
    found.set(formatServer(address), credentials);
  }
  if (authenticator !== undefined && typeof authenticator !== "function") {
    const wrong = wrongCredentials(authenticator);
    if (wrong !== undefined) {
      throw new InvalidArgumentError(`The option "authenticator" cannot be used: ${wrong}`);
    }
  }
  const given = typeof authenticator === "function" ? authenticator : () => authenticator;
  return {
    servers: Object.freeze([...found.keys()]),
    authenticator: (server) => found.get(server) ?? given(server),
  };
}
