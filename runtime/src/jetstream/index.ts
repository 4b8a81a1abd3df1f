/** Channels that JetStream streams store: append, consume, replay, and the latest message. */
export type { JetStreamOptions } from "./api.js";
export { append } from "./append.js";
export type { Appended } from "./append-answer.js";
export type { AppendOptions, Expectations } from "./append-attempt.js";
export {
  appendBatch,
  type BatchItem,
  type BatchOptions,
  type BatchResult,
} from "./append-batch.js";
export {
  type AppendTo,
  appendTo,
  type ConsumeFrom,
  consumeFrom,
  type LastOf,
  lastOf,
  type ReplayOf,
  replayOf,
} from "./bound.js";
export { type ConsumeStreamOptions, consume, consumeStream } from "./consume.js";
export type { ConsumeHandler, ConsumeOptions, Worker } from "./consume-options.js";
export type { From } from "./consumer.js";
export {
  type EnsureOptions,
  ensureStreams,
  type StreamChange,
  type StreamPlan,
} from "./ensure-streams.js";
export {
  AppendInDoubtError,
  ConsumerDeletedError,
  DataLossError,
  JetStreamError,
  JetStreamOffError,
  JetStreamUnavailableError,
  MessageGivenUpError,
  MessageIdTakenError,
  MissingSequenceError,
  NoStreamError,
  StreamFullError,
  WrongLastError,
} from "./errors.js";
export { type LastOptions, last, lastPerSubject } from "./last.js";
export { type ReplayStreamOptions, replay, replayStream } from "./replay.js";
export type { Replay, ReplayOptions } from "./replay-options.js";
export type { Delivered, NamedBy, Stored } from "./stored.js";
export {
  type CommonParams,
  type EventOf,
  type Stream,
  type StreamConfig,
  stream,
} from "./stream.js";
