import { type DocumentNode, own } from "../document/node.js";
import { readReference } from "../document/reference.js";
import type { Correlation } from "./sdk.js";
import { inherited } from "./specification.js";

/**
 * Reads the place of a message's correlation id.
 *
 * @param message The message.
 * @param payload The schema of its payload.
 * @param headers The schemas of its headers.
 * @returns Undefined if it has none, or one in an unsupported place.
 */
export function readCorrelation(
  message: DocumentNode,
  payload: DocumentNode | undefined,
  headers: readonly DocumentNode[],
): Correlation | undefined {
  const [node] = inherited(message, "correlationId");
  const location = node?.text("location");
  if (node === undefined || location === undefined) return undefined;
  const { path } = readReference(location, "");
  const [header] = path;
  const part = /^\$message\.(header|payload)#/.exec(location)?.[1];
  if (part === "payload" && path.length > 0) {
    return { location, header: undefined, isFilledIn: isText(payload, path) };
  }
  if (part === "header" && header !== undefined && path.length === 1) {
    const declared = headers.filter((schema) => schema.get("properties")?.has(header));
    return { location, header, isFilledIn: declared.every((schema) => isText(schema, path)) };
  }
  node.warn({
    code: "unread-correlation-id",
    message: `\`${location}\` is neither a header nor a place in the payload; the correlation id is ignored.`,
    fix: "Write `$message.header#/` and the name of the header, or `$message.payload#/` and a path.",
  });
  return undefined;
}

/** Checks if a schema allows any text at a place. */
function isText(schema: DocumentNode | undefined, path: readonly string[]): boolean {
  let place = schema;
  for (const step of path) place = place?.get("properties")?.get(step);
  const value = place?.target.value;
  const narrows = ["format", "pattern", "enum", "const", "minLength", "maxLength"];
  return own(value, "type") === "string" && !narrows.some((key) => own(value, key) !== undefined);
}
