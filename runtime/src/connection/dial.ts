import { InvalidArgumentError } from "../errors.js";
import type { ResolvedOptions } from "../options/nats-options.js";
import { formatServer } from "../protocol/server-address.js";
import type { Connect } from "../transport/transport.js";
import { connectCommand } from "./connect-command.js";
import type { ServerConnection } from "./server-connection.js";

const LARGEST_PORT = 65_535;

/**
 * Makes one attempt to connect.
 *
 * @param connection The attempt.
 * @param options The connection's options.
 * @param connect Opens transports.
 * @param resubscribe Returns the SUB commands that follow CONNECT; called as late as possible.
 * @param keepsTls Refuses a server without TLS.
 * @throws ConnectionError, AuthorizationError
 */
export function dial(
  connection: ServerConnection,
  options: ResolvedOptions,
  connect: Connect,
  resubscribe: () => string,
  keepsTls: boolean,
): Promise<void> {
  const name = formatServer(connection.server);
  return connection.open({
    async connect(server, handler, signal, tls) {
      const answer = await options.onConnecting?.(server.host, server.port);
      signal.throwIfAborted();
      const { host, port } = answer ?? server;
      if (typeof host !== "string" || host === "" || !isPort(port)) {
        throw new InvalidArgumentError(
          "onConnecting must return { host, port }, or nothing to keep the address.",
        );
      }
      const tlsName = server.tlsName ?? server.host;
      const { noRandomize } = options;
      return connect({ ...server, host, port, tlsName, noRandomize }, handler, signal, tls);
    },
    async greeting(info) {
      return (await connectCommand(options, name, info)) + resubscribe();
    },
    tls: options.tls,
    keepsTls,
    timeout: options.connectTimeout,
  });
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && (port as number) >= 0 && (port as number) <= LARGEST_PORT;
}
