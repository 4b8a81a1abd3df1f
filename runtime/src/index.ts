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
export type { NatsConnectionState } from "./connection/lifecycle.js";
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
  TimeoutError,
  ValidationError,
} from "./errors.js";
export type { NatsEvents, NatsStatus, NatsStatuses } from "./events.js";
export { consoleLogger, type LogLevel, type NatsLogger } from "./logger.js";
export type * from "./nats-command.js";
export { NatsConnection } from "./nats-connection.js";
export { NatsConnectionPool, type NatsPoolOptions } from "./nats-connection-pool.js";
export type { ConnectTarget, NatsOptions, ResolvedOptions } from "./nats-options.js";
export { NatsShardingConnection, type NatsShardingOptions } from "./nats-sharding-connection.js";
export type { NatsStats } from "./nats-stats.js";
export { NatsHeaders, type NatsHeadersInit } from "./protocol/headers.js";
export { NatsKey } from "./protocol/nats-key.js";
export type { ServerInfo } from "./protocol/server-info.js";
export { jsonSerializer } from "./serialization/json.js";
export { rawSerializer } from "./serialization/raw.js";
export { FOREIGN, type NatsSerializer } from "./serialization/serializer.js";
export { textSerializer } from "./serialization/text.js";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.js";
export type { NatsTlsOptions } from "./transport/tls-options.js";
