/**
 * The engine behind the interface of the official clients: everything that `@nats-io/transport-node`
 * exports is here, with a `connect` of our own.
 */
export * from "@nats-io/nats-core/internal";
export { connect, natsCore } from "./connect.js";
export type { NodeConnectionOptions, NodeTlsOptions } from "./options.js";
