import { authenticate } from "../auth/authenticate.js";
import { InvalidArgumentError } from "../errors.js";
import type { ResolvedOptions } from "../options/nats-options.js";
import type { ServerInfo } from "../protocol/server-info.js";
import { LANGUAGE, VERSION } from "../version.js";

/**
 * Writes the CONNECT command that answers INFO.
 *
 * @param options The connection's options.
 * @param server The server's address, for the authenticator.
 * @param info INFO of the server.
 * @returns The command with its line end.
 * @throws InvalidArgumentError when the server does not support an option, AuthorizationError, or the error of the
 *   authenticator.
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol#connect
 */
export async function connectCommand(
  options: ResolvedOptions,
  server: string,
  info: ServerInfo,
): Promise<string> {
  if (!options.echo && !(info.proto >= 1)) {
    throw new InvalidArgumentError('the server does not support "echo: false"');
  }
  const credentials = await options.authenticator(server);
  const encrypted = options.tls != null || info.tls_required === true;
  const headers = info.headers === true;
  return `CONNECT ${JSON.stringify({
    verbose: options.verbose,
    pedantic: options.pedantic,
    echo: options.echo,
    name: options.name,
    lang: LANGUAGE,
    version: VERSION,
    protocol: 1,
    tls_required: encrypted,
    headers,
    no_responders: headers,
    ...(credentials === undefined ? {} : await authenticate(credentials, info.nonce)),
  })}\r\n`;
}
