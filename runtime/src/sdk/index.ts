/** What generated code imports besides the engine's types. Nothing of it needs Node. */
export {
  type Channel,
  type ChannelOptions,
  channel,
  type FixedChannel,
  fixedChannel,
} from "./channel.js";
export { type Bound, bind } from "./client.js";
export { type Correlation, correlated } from "./correlated.js";
export {
  AmbiguousMessageError,
  ForeignKeyError,
  InvalidDateError,
  InvalidParameterError,
  SubjectMismatchError,
  UnhandledOperationError,
  UnknownMessageError,
  UnreadableHeaderError,
  type UntoldBy,
} from "./errors.js";
export {
  type HeadersCodec,
  type HeaderType,
  type HeaderTypes,
  headers,
  type NoHeaders,
} from "./headers.js";
export type { Messages, MessagesOptions, SubscribeOptions } from "./listen.js";
export {
  type FixedManyProcedure,
  fixedManyProcedure,
  type ManyProcedure,
  manyProcedure,
  type Replies,
  type ReplySource,
  type RequestManyOptions,
} from "./many-procedure.js";
export { bytes, json, type Message, none, serialized, text } from "./message.js";
export { type MessagesByName, type OneOf, type OneOfMessages, oneOf } from "./one-of.js";
export { only } from "./only.js";
export {
  type FixedProcedure,
  fixedProcedure,
  type Procedure,
  procedure,
  type RequestOptions,
} from "./procedure.js";
export type { Handler, Received } from "./received.js";
export { type Responder, type ResponderOptions, type Responders, responder } from "./responder.js";
export type { Send, SentHeaders } from "./send.js";
export {
  type Filter,
  type Key,
  key,
  type NoParams,
  type Selection,
  type Subject,
  type SubjectOptions,
  subject,
} from "./subject.js";
export {
  byHeader,
  byProperty,
  byPropertyType,
  byType,
  type Clue,
  type JsonType,
  type Shape,
  type Telling,
  type Which,
} from "./telling.js";
export { ANY, integer, type Token, values } from "./token.js";
