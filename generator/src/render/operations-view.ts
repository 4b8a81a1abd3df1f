import type { Channel, Responder, Sdk } from "../model/sdk.js";
import { docComment } from "./doc-comment.js";

/** Describes the content of `operations.ts`. */
export function operationsView({ channels, responders }: Sdk): object {
  const of = (kind: Channel["kind"]): readonly object[] =>
    channels
      .filter((each) => each.kind === kind && (each.sends || each.listens))
      .map(operationView);
  return {
    channels: of("channel"),
    procedures: of("procedure"),
    responders: responders.map(responderView),
  };
}

/** Describes a channel for the functions that are bound to it. */
export function operationView({
  name,
  base,
  iterator,
  doc,
  key,
  sends,
  listens,
  shared,
}: Channel): object {
  return {
    name,
    base,
    iterator,
    doc: docComment(doc),
    address: key.address,
    hasParams: key.paramsType !== undefined,
    sends,
    listens,
    responds: listens && !shared,
    links: [],
  };
}

function responderView({ name, base, procedures }: Responder): object {
  const links = procedures.map((each) =>
    each.sends ? `{@link request${each.base}}` : `\`${each.name}\``,
  );
  return { name, base, links, sends: false, hasParams: false };
}
