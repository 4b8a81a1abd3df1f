import type { Channel, Responder, Sdk } from "../model/sdk.js";
import { docComment, docText } from "./doc-comment.js";
import type { Imports } from "./imports.js";

/** What the template of `operations.ts` is filled with. */
export function operationsView(imports: Imports, { channels, responders }: Sdk): object {
  const of = (kind: Channel["kind"]): readonly Channel[] =>
    channels.filter((each) => each.kind === kind && (each.sends || each.listens));
  if (channels.some((each) => each.sends || each.listens)) {
    imports.namespace("Channels", "./channels.js");
  }
  return {
    channels: of("channel").map(channelView),
    procedures: of("procedure").map(procedureView),
    responders: responders.map(responderView),
  };
}

function channelView({ name, base, iterator, doc, sends, listens, key }: Channel): object {
  const subject = sends ? `{@link publish${base}}` : `\`${key.address}\``;
  return {
    base,
    iterator,
    channel: `Channels.${name}`,
    sends,
    listens,
    publishDoc: docComment(doc),
    subscribeDoc: docText(`Listens to ${subject}.${leftOut(key)}`),
    messagesDoc: docText(
      `Iterates over ${subject}; subscribed at the call, not at the first step.`,
    ),
  };
}

function procedureView({ name, base, doc, sends, listens, shared, key }: Channel): object {
  const requests = sends ? `{@link request${base}}` : `requests on \`${key.address}\``;
  return {
    base,
    channel: `Channels.${name}`,
    sends,
    responds: listens && !shared,
    requestDoc: docComment(doc),
    respondDoc: docText(`Answers ${requests}.${leftOut(key)}`),
  };
}

function responderView({ name, base, procedures }: Responder): object {
  const links = procedures
    .map((each) => (each.sends ? `{@link request${each.base}}` : `\`${each.name}\``))
    .join(", ");
  return {
    base,
    channel: `Channels.${name}`,
    respondDoc: docText(`Answers ${links} over one subscription.`),
  };
}

/** A sentence on the parameters to listen by, where the subject has some. */
export function leftOut({ paramsType }: Channel["key"]): string {
  return paramsType === undefined ? "" : " A parameter left out stands for every value.";
}
