import type { DocumentNode } from "../document/node.js";
import type { SpecChannel, Specification } from "./specification.js";

/** Checks for a server that speaks NATS over TCP or TLS. */
export function isNats(server: DocumentNode): boolean {
  return /^(?:nats|tls$)/.test(protocolOf(server));
}

/** Checks for a WebSocket server, which may speak NATS. */
function isWebSocket(server: DocumentNode): boolean {
  return /^wss?$/.test(protocolOf(server));
}

function protocolOf(server: DocumentNode): string {
  return server.text("protocol")?.toLowerCase() ?? "";
}

/**
 * The servers that a program can connect to. In a document with a NATS server, a WebSocket server
 * counts as well, unless channels list it only without a NATS server.
 */
export function natsServersOf({ servers, channels }: Specification): readonly DocumentNode[] {
  if (!servers.some(isNats)) return [];
  const listings = channels.filter((channel) => channel.servers !== servers);
  return servers.filter((server) => {
    if (isNats(server)) return true;
    if (!isWebSocket(server)) return false;
    const lists = listings.filter((channel) => channel.servers.includes(server));
    return lists.length === 0 || lists.some((channel) => channel.servers.some(isNats));
  });
}

/**
 * Removes channels that are on other servers only, and their operations. A document without a NATS
 * server keeps all channels.
 *
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0#channelObject
 */
export function onNats(specification: Specification): Specification {
  if (!specification.servers.some(isNats)) return specification;
  const left = new Set(
    specification.channels.filter(({ servers }) => servers.length > 0 && !servers.some(isNats)),
  );
  if (left.size === 0) return specification;
  for (const channel of left) warnLeftOut(channel);
  return {
    ...specification,
    channels: specification.channels.filter((channel) => !left.has(channel)),
    operations: specification.operations.filter(({ channel }) => !left.has(channel)),
  };
}

function warnLeftOut({ node, key, servers }: SpecChannel): void {
  const others = servers.map((server) => `\`${server.key}\` (${server.text("protocol")})`);
  node.warn({
    code: "other-servers",
    message: `The channel \`${key}\` is left out: it is only on ${others.join(", ")}, and not on a NATS server.`,
    fix: "Add a NATS server to the channel's `servers` if its messages are also on NATS.",
  });
}
