import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { HostedNats } from "../pool/connection-group.js";
import { type HostedNatsOptions, hostedNats } from "../pool/hosted-nats.js";

export type { HostedNats } from "../pool/connection-group.js";
export type { HostedNatsOptions } from "../pool/hosted-nats.js";

declare module "fastify" {
  interface FastifyInstance {
    /** The connection that the plugin `alternats/fastify` has opened. */
    readonly nats: HostedNats;
  }
}

/**
 * Plugin for Fastify. It provides `app.nats`, which is connected before the application is ready,
 * logs through the application's logger, and is drained when the application closes: handlers
 * finish the messages that they have begun, and published messages are delivered.
 *
 * ```ts
 * import Fastify from "fastify";
 * import { natsPlugin } from "alternats/fastify";
 *
 * const app = Fastify({ logger: true });
 * await app.register(natsPlugin, { servers: "nats://localhost:4222" });
 * app.post("/servers/:id/announce", async ({ params, body }) => {
 *   await app.nats.publish(`game.${params.id}.announce`, body);
 * });
 * ```
 *
 * Registering fails with the error of {@link HostedNats.connect} if no server accepts the
 * connection.
 */
export const natsPlugin: FastifyPluginAsync<HostedNatsOptions> = async (
  app: FastifyInstance,
  options: HostedNatsOptions,
) => {
  const nats = hostedNats({ logger: app.log, ...options });
  app.decorate("nats", nats);
  app.addHook("onClose", () => nats.drain());
  try {
    await nats.connect();
  } catch (error) {
    await nats.close();
    throw error;
  }
};

// Properties that fastify reads from a plugin, see its "Plugins" guide: decorators apply to the
// whole application.
Object.assign(natsPlugin, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "alternats",
  [Symbol.for("plugin-meta")]: { name: "alternats", fastify: "5.x" },
});
