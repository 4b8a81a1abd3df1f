import type { DocumentNode } from "../document/node.js";
import {
  registeredName,
  type SpecChannel,
  type Specification,
  type SpecMessage,
  type SpecOperation,
} from "./specification.js";

/** Reads a document of AsyncAPI 2. */
export function readVersion2(root: DocumentNode): Specification {
  const servers = root.get("servers")?.children ?? [];
  const channels = (root.get("channels")?.children ?? []).map((node) => readChannel(node, servers));
  return {
    info: root.get("info"),
    servers,
    channels,
    operations: channels.flatMap(readOperations),
    contentType: root.text("defaultContentType"),
    schemas: root.get("components")?.get("schemas")?.children ?? [],
  };
}

function readChannel(node: DocumentNode, servers: readonly DocumentNode[]): SpecChannel {
  const own = node.texts("servers");
  const messages = ["publish", "subscribe"].flatMap((verb) =>
    readMessages(node.get(verb)?.get("message")),
  );
  return {
    node,
    key: node.key,
    address: node.key,
    parameters: node.get("parameters")?.children ?? [],
    messages: [...new Map(messages.map((message) => [message.node.target.id, message])).values()],
    servers: own.length === 0 ? servers : servers.filter(({ key }) => own.includes(key)),
  };
}

/** `publish` means that others publish, so the application receives. */
function readOperations(channel: SpecChannel): readonly SpecOperation[] {
  const procedure = readProcedure(channel);
  if (procedure !== undefined) return [procedure];
  return (["publish", "subscribe"] as const).flatMap((verb): SpecOperation[] => {
    const node = channel.node.get(verb);
    if (node === undefined) return [];
    return [
      {
        node,
        id: node.text("operationId"),
        action: verb === "publish" ? "receive" : "send",
        channel,
        messages: readMessages(node.get("message")),
        reply: undefined,
      },
    ];
  });
}

/**
 * Reads an older form of the NATS channel binding, which combines the two operations of a channel
 * to a request and its reply: a replier receives requests, and a requester sends them.
 *
 * @see https://github.com/asyncapi-archived-repos/ts-nats-template
 */
function readProcedure(channel: SpecChannel): SpecOperation | undefined {
  const binding = channel.node.get("bindings")?.get("nats");
  if (binding?.text("is") !== "requestReply") return undefined;
  const isRequester = binding.get("requestReply")?.text("is") === "requester";
  const [asks, answers] = isRequester ? ["subscribe", "publish"] : ["publish", "subscribe"];
  const ask = channel.node.get(asks ?? "");
  const answer = channel.node.get(answers ?? "");
  if (ask === undefined || answer === undefined) return undefined;
  return {
    node: ask,
    id: ask.text("operationId") ?? answer.text("operationId"),
    action: isRequester ? "send" : "receive",
    channel,
    messages: readMessages(ask.get("message")),
    reply: { node: answer, channel, messages: readMessages(answer.get("message")) },
  };
}

function readMessages(node: DocumentNode | undefined): readonly SpecMessage[] {
  if (node === undefined) return [];
  const options = node.get("oneOf");
  if (options !== undefined) return options.children.flatMap(readMessages);
  const name = registeredName(node) ?? node.text("messageId") ?? node.text("name");
  return [{ node, name }];
}
