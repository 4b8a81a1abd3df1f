/**
 * The engine with the interface of the official clients: everything that `@nats-io/transport-node`
 * exports, with its own `connect`.
 *
 * Deliberate differences are listed in the documentation, `docs/nats-core.md`. Two of them concern servers: one
 * that is down at the first connection stays in the pool, and is tried again after the connection is lost. The
 * certificate of a server with an IP address must be valid for this address; the official client accepts one for
 * `localhost` instead.
 */
export * from "@nats-io/nats-core/internal";
export { connect, natsCore } from "./connect.js";
export type { NodeConnectionOptions, NodeTlsOptions } from "./options.js";
