import type {
  Channel,
  MessageSet,
  Responder,
  Sdk,
  SharedMessages,
  SubjectKey,
} from "../model/sdk.js";
import type { Codecs } from "./codec/codecs.js";
import { docComment } from "./doc-comment.js";
import { keyText, literal } from "./literal.js";
import { messageSetView, messagesType, singleOf, unionView } from "./messages-view.js";
import { typeText } from "./type-text.js";

/** Describes the content of `channels.ts`. */
export function channelsView(
  codecs: Codecs,
  { shared, channels, responders, streams }: Sdk,
): object {
  // A stream with parameters in its name is found by the subject.
  const keeping = new Map(
    streams
      .filter(({ parameters }) => parameters.length === 0)
      .flatMap(({ channels, stream }) => channels.map((channel) => [channel, stream] as const)),
  );
  const sets = channels.flatMap(({ message, reply }) =>
    reply === undefined ? [message] : [message, reply],
  );
  return {
    unions: sets.filter((set) => set.unionType !== undefined).map(unionTypeView),
    shared: shared.map((each) => sharedView(codecs, each)),
    channels: channels.map((channel) => channelView(codecs, channel, keeping.get(channel))),
    responders: responders.map(responderView),
  };
}

function unionTypeView({ unionType, messages, unnamed }: MessageSet): object {
  const all = messages.map(({ name, type, headers }) => ({
    key: keyText(name),
    type: typeText(type),
    headersType: headers?.type,
  }));
  return {
    name: unionType,
    quoted: messages.map(({ name }) => `\`${name}\``),
    messages: all,
    unnamed: unnamed.map(literal),
    headed: all.filter(({ headersType }) => headersType !== undefined),
  };
}

function sharedView(codecs: Codecs, { name, address, ...set }: SharedMessages): object {
  return { name, address, ...unionView(codecs, set) };
}

function channelView(codecs: Codecs, channel: Channel, stream: string | undefined): object {
  const { kind, name, doc, key, message, subsetOf, reply, manyReplies, queue, shared, replyAt } =
    channel;
  const queueText = queue === undefined || shared ? "" : literal(queue);
  const streamText = stream === undefined ? "" : literal(stream);
  return {
    name,
    doc: docComment(doc),
    isProcedure: kind === "procedure",
    ...subjectView(key),
    type: messagesType(message),
    message: subsetOf === undefined ? messageSetView(codecs, message) : undefined,
    headersType: singleOf(message)?.headers?.type ?? "",
    subsetOf: subsetOf?.name ?? "",
    taken: subsetOf === undefined ? "" : takenText(message, subsetOf),
    replyType: reply === undefined ? "" : messagesType(reply),
    reply: reply && messageSetView(codecs, reply),
    manyReplies,
    hasOptions: queueText !== "" || streamText !== "" || replyAt !== undefined,
    replyAt: replyAt === undefined ? "" : literal(replyAt),
    queue: queueText,
    stream: streamText,
  };
}

/** Names of the messages of the address that a channel uses; empty if it uses all. */
function takenText({ messages, unionType }: MessageSet, all: SharedMessages): string {
  if (messages.length === all.messages.length) return "";
  const names = messages.map(({ name }) => literal(name));
  return unionType === undefined ? (names[0] ?? "") : `[${names.join(", ")}]`;
}

function subjectView({ name, isGiven, paramsType }: SubjectKey): object {
  return { key: name, isGiven, paramsType: paramsType ?? "" };
}

function responderView({ name, operationsType, key, procedures, queue }: Responder): object {
  return {
    name,
    address: key.address,
    ...subjectView(key),
    operations: operationsType,
    procedures: procedures.map((procedure) => procedure.name),
    queue: literal(queue),
  };
}
