import type { ResolvedOptions } from "../nats-options.js";
import { formatServer } from "../protocol/server-address.js";
import type { Connect } from "../transport/transport.js";
import { connectCommand } from "./connect-command.js";
import type { ServerConnection } from "./server-connection.js";

/**
 * Makes one attempt to connect, as the options say.
 *
 * @param connection The attempt.
 * @param options The connection's options.
 * @param connect Opens transports.
 * @param resubscribe The SUB commands that follow CONNECT; asked for as late as can be.
 * @throws ConnectionError, AuthorizationError
 */
export function dial(
  connection: ServerConnection,
  options: ResolvedOptions,
  connect: Connect,
  resubscribe: () => string,
): Promise<void> {
  const name = formatServer(connection.server);
  return connection.open({
    async connect(server, handler, signal, tls) {
      const { host, port } = (await options.onConnecting?.(server.host, server.port)) ?? server;
      signal.throwIfAborted();
      const tlsName = server.tlsName ?? server.host;
      const { noRandomize } = options;
      return connect({ ...server, host, port, tlsName, noRandomize }, handler, signal, tls);
    },
    async greeting(info) {
      return (await connectCommand(options, name, info)) + resubscribe();
    },
    tls: options.tls,
    timeout: options.connectTimeout,
  });
}
