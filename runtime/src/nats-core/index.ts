/**
 * The engine with the interface of the official clients: everything that `@nats-io/transport-node`
 * exports, with its own `connect`.
 */
export * from "@nats-io/nats-core/internal";
export { connect, natsCore } from "./connect.js";
export type { NodeConnectionOptions, NodeTlsOptions } from "./options.js";
