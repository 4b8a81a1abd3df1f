import type { DocumentNode } from "../document/node.js";
import type {
  SpecChannel,
  Specification,
  SpecMessage,
  SpecOperation,
  SpecReply,
} from "./specification.js";

/** Reads a document of AsyncAPI 3. */
export function readVersion3(root: DocumentNode): Specification {
  const servers = root.get("servers")?.children ?? [];
  const channels = (root.get("channels")?.children ?? []).map((node) => readChannel(node, servers));
  const byId = new Map(channels.map((channel) => [channel.node.target.id, channel]));
  const operations = (root.get("operations")?.children ?? []).flatMap(
    (node) => readOperation(node, byId) ?? [],
  );
  return {
    info: root.get("info"),
    servers,
    channels,
    operations,
    contentType: root.text("defaultContentType"),
    schemas: root.get("components")?.get("schemas")?.children ?? [],
  };
}

function readChannel(node: DocumentNode, servers: readonly DocumentNode[]): SpecChannel {
  const own = (node.get("servers")?.children ?? []).map(({ target }) => target.id);
  return {
    node,
    key: node.key,
    address: node.text("address"),
    parameters: node.get("parameters")?.children ?? [],
    messages: readMessages(node.get("messages")),
    servers: own.length === 0 ? servers : servers.filter(({ target }) => own.includes(target.id)),
  };
}

function readMessages(messages: DocumentNode | undefined): readonly SpecMessage[] {
  return (messages?.children ?? []).map((node) => ({ node, name: node.key }));
}

function readOperation(
  node: DocumentNode,
  channels: ReadonlyMap<string, SpecChannel>,
): SpecOperation | undefined {
  const channel = channels.get(node.get("channel")?.target.id ?? "");
  if (channel === undefined) return undefined;
  const reply = node.get("reply");
  const messages = chosen(node.get("messages"), channel) ?? channel.messages;
  return {
    node,
    id: node.text("operationId") ?? node.key,
    action: node.text("action") === "receive" ? "receive" : "send",
    channel,
    messages,
    reply: reply === undefined ? undefined : readReply(reply, messages, channels),
  };
}

/** Reads a reply. By default, its messages are those of its channel except the requests. */
function readReply(
  node: DocumentNode,
  requests: readonly SpecMessage[],
  channels: ReadonlyMap<string, SpecChannel>,
): SpecReply {
  const channel = channels.get(node.get("channel")?.target.id ?? "");
  const asking = new Set(requests.map((message) => message.node.target.id));
  const all = channel?.messages ?? [];
  const others = all.filter((message) => !asking.has(message.node.target.id));
  const listed = chosen(node.get("messages"), channel) ?? (others.length > 0 ? others : all);
  const silent = listed.length === 0 && (node.has("messages") || channel !== undefined);
  return { node, channel, messages: silent ? "none" : listed };
}

/** Messages of a list of references, with their names in the channel. */
function chosen(
  list: DocumentNode | undefined,
  channel: SpecChannel | undefined,
): readonly SpecMessage[] | undefined {
  return list?.children.map((node) => {
    const { target } = node;
    const known = channel?.messages.find((message) => message.node.target.id === target.id);
    return known ?? { node, name: target.key };
  });
}
