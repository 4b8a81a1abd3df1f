import type { Channel, Responder, Sdk } from "../model/sdk.js";
import { docComment, docText } from "./doc-comment.js";
import type { Imports } from "./imports.js";
import { argumentText, trafficHeaders, trafficType } from "./traffic-text.js";

const SDK = "alternats/sdk";

/** What the template of `operations.ts` is filled with. */
export function operationsView(imports: Imports, { channels, responders }: Sdk): object {
  const of = (kind: Channel["kind"]): readonly Channel[] =>
    channels.filter((each) => each.kind === kind && (each.sends || each.listens));
  return {
    channels: of("channel").map((channel) => ({
      ...common(imports, channel),
      ...channelView(imports, channel),
    })),
    procedures: of("procedure").map((channel) => ({
      ...common(imports, channel),
      ...procedureView(imports, channel),
    })),
    responders: responders.map((responder) => responderView(imports, responder)),
  };
}

/** What the functions of a channel are written with, whatever they do. */
export function common(imports: Imports, { name, base, key, message, sends }: Channel): object {
  const headers = sends ? trafficHeaders(message) : undefined;
  return {
    base,
    channel: `${imports.namespace("Channels", "./channels.js")}.${name}${key.isGiven ? "(subject)" : ""}`,
    isGiven: key.isGiven,
    params: paramsOf(imports, key.paramsType),
    message: !sends || isSilent(message.messages) ? "" : trafficType(imports, message, "Channels."),
    headers: headers === undefined ? "" : imports.type(headers.type, "./types.js"),
  };
}

function channelView(imports: Imports, channel: Channel): object {
  const { base, doc, sends, listens, key } = channel;
  const subject = sends ? `{@link publish${base}}` : `\`${key.address}\``;
  const wildcard = key.paramsType === undefined ? "" : ` ${leftOut}`;
  return {
    sends,
    listens,
    iterator: channel.iterator,
    handled: listens ? handled(imports, channel) : [],
    publishDoc: docComment(doc),
    subscribeDoc: docText(`Listens to ${subject}.${wildcard}`),
    messagesDoc: docText(
      `Iterates over ${subject}; subscribed at the call, not at the first step.`,
    ),
  };
}

function procedureView(imports: Imports, channel: Channel): object {
  const { base, doc, reply, sends, listens, shared, key, manyReplies } = channel;
  const responds = listens && !shared;
  const requests = sends ? `{@link request${base}}` : `requests on \`${key.address}\``;
  const wildcard = key.paramsType === undefined ? "" : ` ${leftOut}`;
  return {
    sends,
    responds,
    reply: reply === undefined || !sends ? [] : [trafficType(imports, reply, "Channels.")],
    manyReplies,
    options: manyReplies ? "RequestManyOptions" : "RequestOptions",
    handled: responds ? handled(imports, channel) : [],
    requestDoc: docComment(doc),
    respondDoc: docText(`Answers ${requests}.${wildcard}`),
  };
}

function responderView(
  imports: Imports,
  { name, base, key, operationsType, procedures }: Responder,
): object {
  const links = procedures
    .map((each) => (each.sends ? `{@link request${each.base}}` : `\`${each.name}\``))
    .join(", ");
  const params = paramsOf(imports, key.paramsType);
  return {
    base,
    channel: `${imports.namespace("Channels", "./channels.js")}.${name}`,
    params,
    handled: [params || imports.type("NoParams", SDK), `Channels.${operationsType}`],
    doc: docText(`Answers ${links} over one subscription.`),
  };
}

const leftOut = "A parameter left out stands for every value.";

function paramsOf(imports: Imports, paramsType: string | undefined): string {
  return paramsType === undefined ? "" : imports.type(paramsType, "./keys.js");
}

/** The type arguments of a handler, and of an iterator's messages. */
export function handled(
  imports: Imports,
  { key, message, reply, manyReplies }: Channel,
): readonly string[] {
  const headers = trafficHeaders(message);
  const [only] = message.messages;
  const type =
    only !== undefined && isSilent(message.messages)
      ? argumentText(imports, only.type)
      : trafficType(imports, message, "Channels.");
  const args = [paramsOf(imports, key.paramsType) || imports.type("NoParams", SDK), type];
  if (headers !== undefined) args.push(imports.type(headers.type, "./types.js"));
  else if (reply !== undefined) args.push(imports.type("NoHeaders", SDK));
  if (reply === undefined) return args;
  const answer = trafficType(imports, reply, "Channels.");
  return [...args, manyReplies ? `${imports.type("ReplySource", SDK)}<${answer}>` : answer];
}

function isSilent(messages: Channel["message"]["messages"]): boolean {
  return messages.length === 1 && messages[0]?.codec === "none";
}
