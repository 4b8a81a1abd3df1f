import type {
  Channel,
  MessageSet,
  Responder,
  Sdk,
  SharedMessages,
  SubjectKey,
} from "../model/sdk.js";
import type { Codecs } from "./codec/codecs.js";
import { docComment, docText } from "./doc-comment.js";
import type { Imports } from "./imports.js";
import { entry, fluid, group, object, objectType, typeArguments } from "./layout.js";
import { literal, propertyName } from "./literal.js";
import {
  argumentText,
  pureCall,
  takenValue,
  trafficHeaders,
  trafficType,
  trafficValue,
  unionValue,
} from "./traffic-text.js";

const SDK = "alternats/sdk";

/** What the template of `channels.ts` is filled with. */
export function channelsView(
  imports: Imports,
  codecs: Codecs,
  { shared, channels, responders, streams }: Sdk,
): object {
  // A stream with parameters in its name is found by the subject.
  const keeping = new Map(
    streams
      .filter(({ parameters }) => parameters.length === 0)
      .flatMap(({ channels, stream }) => channels.map((channel) => [channel, stream] as const)),
  );
  const unions = channels.flatMap(({ message, reply }) =>
    reply === undefined ? [message] : [message, reply],
  );
  return {
    unions: unions
      .filter(({ unionType }) => unionType !== undefined)
      .map((traffic) => unionView(imports, traffic)),
    shared: shared.map((traffic) => sharedView(imports, codecs, traffic)),
    channels: channels.map((channel) =>
      channelView(imports, codecs, channel, keeping.get(channel)),
    ),
    responders: responders.map((responder) => responderView(imports, responder)),
  };
}

function unionView(imports: Imports, { unionType, messages }: MessageSet): object {
  const payloads = messages.map(
    ({ name, type }) => `${propertyName(name)}: ${argumentText(imports, type)}`,
  );
  const headers = messages.flatMap(({ name, headers }) =>
    headers === undefined
      ? []
      : [`${propertyName(name)}: ${imports.type(headers.type, "./types.js")}`],
  );
  const args = [objectType(payloads), ...(headers.length === 0 ? [] : [objectType(headers)])];
  const names = messages.map(({ name }) => `\`${name}\``).join(", ");
  return {
    name: unionType,
    doc: docText(`One of the messages ${names}.`),
    value: fluid(`${imports.type("OneOf", SDK)}${typeArguments(args)}`),
  };
}

function sharedView(
  imports: Imports,
  codecs: Codecs,
  { name, address, messages, discriminator }: SharedMessages,
): object {
  return {
    name,
    doc: docText(`All that travels on \`${address}\`.`),
    value: fluid(unionValue(imports, codecs, messages, discriminator)),
  };
}

function channelView(
  imports: Imports,
  codecs: Codecs,
  channel: Channel,
  stream: string | undefined,
): object {
  const { kind, name, doc, key, message, subsetOf, reply, queue, manyReplies } = channel;
  const headers = trafficHeaders(message);
  const args = [
    paramsType(imports, key),
    trafficType(imports, message),
    ...(reply === undefined ? [] : [answerType(imports, reply, manyReplies)]),
    ...(headers === undefined ? [] : [imports.type(headers.type, "./types.js")]),
  ];
  const ask =
    subsetOf === undefined
      ? trafficValue(imports, codecs, message)
      : takenValue(imports, subsetOf, message);
  const subject = key.isGiven
    ? imports.value("givenSubject", SDK)
    : `${imports.namespace("Keys", "./keys.js")}.${key.name}`;
  const options = [
    ...(queue === undefined || channel.shared ? [] : [entry("queue", literal(queue), true)]),
    ...(stream === undefined ? [] : [entry("stream", literal(stream), true)]),
  ];
  const value = pureCall(imports, kind, [
    subject,
    ask,
    ...(reply === undefined ? [] : [answerValue(imports, codecs, reply, manyReplies)]),
    ...(options.length === 0 ? [] : [object(options)]),
  ]);
  return {
    name,
    doc: docComment(doc),
    type: `${imports.type(kind === "channel" ? "Channel" : "Procedure", SDK)}${typeArguments(args)}`,
    value: assigned(args, value),
  };
}

/** Writes the type of a subject's parameters. */
function paramsType(imports: Imports, { isGiven, paramsType }: SubjectKey): string {
  if (isGiven) return "string";
  if (paramsType === undefined) return imports.type("NoParams", SDK);
  return `${imports.namespace("Keys", "./keys.js")}.${paramsType}`;
}

function answerType(imports: Imports, reply: MessageSet, isMany: boolean): string {
  const type = trafficType(imports, reply);
  return isMany ? `${imports.type("Many", SDK)}${typeArguments([type])}` : type;
}

function answerValue(imports: Imports, codecs: Codecs, reply: MessageSet, isMany: boolean): string {
  const value = trafficValue(imports, codecs, reply);
  return isMany ? pureCall(imports, "many", [value]) : value;
}

function responderView(imports: Imports, responder: Responder): object {
  const { name, operationsType, key, procedures, queue } = responder;
  const names = procedures.map((procedure) => procedure.name);
  const args = [paramsType(imports, key), operationsType];
  const value = pureCall(imports, "responder", [
    object(names),
    object([entry("queue", literal(queue), true)]),
  ]);
  return {
    name,
    operations: operationsType,
    operationsDoc: docText(`What can be asked on \`${key.address}\`.`),
    doc: docText(`Answers all that is asked on \`${key.address}\` over one subscription.`),
    procedures: names.map((each) => ({ key: each, name: each })),
    type: `${imports.type("Responder", SDK)}${typeArguments(args)}`,
    value: assigned(args, value),
  };
}

/** prettier breaks what it calls a complex type annotation rather than put the value on the next line. */
function assigned(typeArgs: readonly string[], value: string): string {
  const isComplex = typeArgs.length > 1 && typeArgs.some((arg) => arg.startsWith("Record"));
  return isComplex ? ` ${group(value)}` : fluid(value);
}
