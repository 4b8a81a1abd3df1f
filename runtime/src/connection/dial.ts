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
  const server = formatServer(connection.server);
  return connection.open({
    async connect(host, port, handler, signal) {
      const target = (await options.onConnecting?.(host, port)) ?? { host, port };
      signal.throwIfAborted();
      return connect(target.host, target.port, handler, signal);
    },
    async greeting(info) {
      return (await connectCommand(options, server, info)) + resubscribe();
    },
    tls: options.tls,
    timeout: options.connectTimeout,
  });
}
