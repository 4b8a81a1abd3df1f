export type {
  ConnectCredentials,
  FileCredentials,
  JwtCredentials,
  NatsAuthenticator,
  NatsCredentials,
  NkeyCredentials,
  SignedCredentials,
  TokenCredentials,
  UserCredentials,
} from "./auth/credentials.js";
export type { NatsWriter } from "./buffers/nats-writer.js";
export type * from "./commands/nats-command.js";
export type { NatsEvents, NatsStatus, NatsStatuses } from "./connection/events.js";
export type { NatsStats } from "./connection/nats-stats.js";
export type { NatsConnectionState } from "./connection/state.js";
export {
  AuthorizationError,
  BatchError,
  ConnectionClosedError,
  ConnectionDrainingError,
  ConnectionError,
  DeserializeError,
  DisconnectedError,
  HandlerError,
  InvalidArgumentError,
  InvalidHeaderError,
  InvalidSubjectError,
  MaxPayloadError,
  MessagesDroppedError,
  MessagesInDoubtError,
  NatsError,
  NestedCommandError,
  NoRespondersError,
  PendingLimitError,
  PermissionViolationError,
  ProtocolError,
  RequestLimitError,
  SerializeError,
  ServerError,
  ServiceError,
  SubscriptionLimitError,
  TimeoutError,
  ValidationError,
} from "./errors.js";
export { consoleLogger, type LogLevel, type NatsLogger } from "./logger.js";
export { NatsConnection } from "./nats-connection.js";
export type { ConnectTarget, NatsOptions, ResolvedOptions } from "./options/nats-options.js";
export { NatsConnectionPool, type NatsPoolOptions } from "./pool/nats-connection-pool.js";
export {
  NatsShardingConnection,
  type NatsShardingOptions,
} from "./pool/nats-sharding-connection.js";
export { NatsHeaders, type NatsHeadersInit } from "./protocol/headers.js";
export { NatsKey } from "./protocol/nats-key.js";
export type { ServerInfo } from "./protocol/server-info.js";
export { jsonSerializer } from "./serialization/json.js";
export { rawSerializer } from "./serialization/raw.js";
export { FOREIGN, type NatsSerializer } from "./serialization/serializer.js";
export { textSerializer } from "./serialization/text.js";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.js";
export type { NatsTlsOptions } from "./transport/tls-options.js";
