import { type DocumentNode, own } from "../document/node.js";
import type { Codec } from "./sdk.js";
import { inherited, type Specification } from "./specification.js";

/** The encoding of a content type; JSON by default. */
export function codecOf(contentType: string | undefined): Codec {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "" || type === "json" || /[/+]json$/.test(type)) return "json";
  if (/^application\/(?:x-|vnd\.)?msgpack$/.test(type)) return "msgpack";
  return type.startsWith("text/") ? "text" : "bytes";
}

/** Checks for a document whose messages are all MessagePack, which has bytes. */
export function hasBytes({ channels, operations, contentType }: Specification): boolean {
  const replies = operations.flatMap(({ reply }) =>
    reply === undefined || reply.messages === "none" ? [] : reply.messages,
  );
  const messages = [
    ...channels.flatMap((channel) => channel.messages),
    ...operations.flatMap((operation) => operation.messages),
    ...replies,
  ].filter(({ node }) => inherited(node, "payload").length > 0);
  return (
    messages.length > 0 &&
    messages.every(({ node }) => {
      const [declared] = inherited(node, "contentType");
      const own = typeof declared?.value === "string" ? declared.value : contentType;
      return codecOf(own) === "msgpack";
    })
  );
}

/** Checks for a text that stands for bytes in encodings without bytes. */
export function isBinary({ value }: DocumentNode): boolean {
  const format = own(value, "format");
  const types = [own(value, "type")].flat();
  return (
    types.every((type) => type === "string" || type === "null") &&
    (format === "binary" || format === "byte" || own(value, "contentEncoding") === "base64")
  );
}
