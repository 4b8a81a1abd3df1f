/** Exports for generated code besides the engine's types. They need no Node.js APIs. */
export type { MessagesOf, PublishTo, RequestTo, RespondTo, SubscribeTo } from "./bound.js";
export {
  type Channel,
  type ChannelOptions,
  channel,
} from "./channel.js";
export { type Bound, bind } from "./client.js";
export { correlated } from "./correlated.js";
export type { Correlation } from "./correlation.js";
export {
  byHeader,
  byProperty,
  byPropertyType,
  byType,
  type Discriminator,
  type DiscriminatorPlace,
  type Which,
} from "./discriminator.js";
export {
  AmbiguousMessageError,
  ForeignKeyError,
  InvalidDateError,
  InvalidIntegerError,
  InvalidParameterError,
  SubjectMismatchError,
  UnhandledOperationError,
  UnknownMessageError,
  type UnknownValue,
  UnreadableHeaderError,
} from "./errors.js";
export {
  type HeadersCodec,
  type HeaderType,
  type HeaderTypes,
  headers,
  type NoHeaders,
} from "./headers.js";
export type { Messages, MessagesOptions, SubscribeOptions } from "./listen.js";
export type { Location } from "./location.js";
export { many } from "./many.js";
export { bytes, exactJson, json, type Message, none, serialized, text } from "./message.js";
export {
  type MessagesByName,
  type OneOf,
  type OneOfMessages,
  oneOf,
  type Unnamed,
} from "./one-of.js";
export { only } from "./only.js";
export {
  type Answer,
  type Answers,
  type Procedure,
  type ProcedureOptions,
  procedure,
  type RequestOptions,
} from "./procedure.js";
export type { Handler, Received } from "./received.js";
export type { Many, Replies, ReplySource, RequestManyOptions } from "./replies.js";
export { type Responder, type Responders, responder } from "./responder.js";
export type { Send, SentHeaders } from "./send.js";
export type { JsonType, Shape } from "./shape.js";
export {
  type Filter,
  givenSubject,
  type Key,
  type NoParams,
  type Selection,
  type Subject,
  type SubjectOptions,
  subject,
} from "./subject.js";
export { ANY, integer, type Token, values } from "./token.js";
