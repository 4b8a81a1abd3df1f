import type { Channel, MessageSet, Responder, Sdk, SharedMessages } from "../model/sdk.js";
import { camelCase } from "../model/words.js";
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
  { shared, channels, responders }: Sdk,
): object {
  const unions = channels.flatMap(({ message, reply }) =>
    reply === undefined ? [message] : [message, reply],
  );
  return {
    unions: unions
      .filter(({ unionType }) => unionType !== undefined)
      .map((traffic) => unionView(imports, traffic)),
    shared: shared.map((traffic) => sharedView(imports, codecs, traffic)),
    channels: channels.map((channel) => channelView(imports, codecs, channel)),
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

function channelView(imports: Imports, codecs: Codecs, channel: Channel): object {
  const { kind, name, doc, key, message, subsetOf, reply, queue } = channel;
  const fixed = key.paramsType === undefined;
  const made = kind === "channel" ? "Channel" : channel.manyReplies ? "ManyProcedure" : "Procedure";
  const type = `${fixed ? "Fixed" : ""}${made}`;
  const headers = trafficHeaders(message);
  const args = [
    ...(fixed ? [] : [`${imports.namespace("Keys", "./keys.js")}.${key.paramsType}`]),
    trafficType(imports, message),
    ...(reply === undefined ? [] : [trafficType(imports, reply)]),
    ...(headers === undefined ? [] : [imports.type(headers.type, "./types.js")]),
  ];
  const ask =
    subsetOf === undefined
      ? trafficValue(imports, codecs, message)
      : takenValue(imports, subsetOf, message);
  const maker = fixed ? `fixed${made}` : camelCase([made]);
  const subject = key.isGiven
    ? `${imports.value("key", SDK)}(subject)`
    : `${imports.namespace("Keys", "./keys.js")}.${key.name}`;
  const value = pureCall(imports, maker, [
    subject,
    ask,
    ...(reply === undefined ? [] : [trafficValue(imports, codecs, reply)]),
    ...(queue === undefined || channel.shared
      ? []
      : [object([entry("queue", literal(queue), true)])]),
  ]);
  return {
    name,
    doc: docComment(doc),
    isGiven: key.isGiven,
    type: `${imports.type(type, SDK)}${typeArguments(args)}`,
    value: key.isGiven ? ` ${value}` : assigned(args, value),
  };
}

function responderView(imports: Imports, responder: Responder): object {
  const { name, operationsType, key, procedures, queue } = responder;
  const names = procedures.map((procedure) => procedure.name);
  const params =
    key.paramsType === undefined
      ? imports.type("NoParams", SDK)
      : `${imports.namespace("Keys", "./keys.js")}.${key.paramsType}`;
  const args = [params, operationsType];
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
