import type { ResolvedOptions } from "../nats-options.js";
import type { ServerInfo } from "../protocol/server-info.js";
import { VERSION } from "../version.js";

/**
 * The CONNECT command that answers INFO.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol#connect
 */
export function connectCommand(options: ResolvedOptions, info: ServerInfo): string {
  const encrypted = options.tls != null || info.tls_required === true;
  const headers = info.headers === true;
  return `CONNECT ${JSON.stringify({
    verbose: options.verbose,
    pedantic: options.pedantic,
    echo: options.echo,
    name: options.name,
    lang: "typescript",
    version: VERSION,
    protocol: 1,
    tls_required: encrypted,
    headers,
    no_responders: headers,
  })}\r\n`;
}
