import type { DocumentNode } from "../document/node.js";

/**
 * A document of any AsyncAPI version in the terms of 3.0: channels with messages, and operations
 * that send or receive, as seen by the application.
 */
export interface Specification {
  readonly info: DocumentNode | undefined;
  readonly servers: readonly DocumentNode[];
  readonly channels: readonly SpecChannel[];
  readonly operations: readonly SpecOperation[];
  /** `defaultContentType`. */
  readonly contentType: string | undefined;
  /** The schemas under `components`. */
  readonly schemas: readonly DocumentNode[];
}

/** A channel of the document. */
export interface SpecChannel {
  readonly node: DocumentNode;
  /** Its key in the document. */
  readonly key: string;
  /** Its address; undefined if it is known only at run time. */
  readonly address: string | undefined;
  readonly parameters: readonly DocumentNode[];
  readonly messages: readonly SpecMessage[];
  /** Its servers; all servers of the document if it names none. */
  readonly servers: readonly DocumentNode[];
}

/** A message of a channel. */
export interface SpecMessage {
  readonly node: DocumentNode;
  readonly name: string | undefined;
}

/** An operation of the document. */
export interface SpecOperation {
  readonly node: DocumentNode;
  /** `operationId` or key; undefined if it has neither. */
  readonly id: string | undefined;
  readonly action: "send" | "receive";
  readonly channel: SpecChannel;
  readonly messages: readonly SpecMessage[];
  readonly reply: SpecReply | undefined;
}

/** The reply of an operation. */
export interface SpecReply {
  readonly node: DocumentNode;
  readonly channel: SpecChannel | undefined;
  /**
   * An empty list if the document does not describe the reply; `"none"` if the reply has no
   * payload.
   */
  readonly messages: readonly SpecMessage[] | "none";
}

/**
 * A property of an operation or a message, followed by those of its traits in order of priority. In
 * version 2, traits override the object's own property; in version 3, the object's own property has
 * priority. In both, a later trait overrides an earlier one.
 *
 * @see https://www.asyncapi.com/docs/reference/specification/v2.6.0#operationObject "JSON Merge
 * Patch"
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0#traits-merge-mechanism
 */
export function inherited(node: DocumentNode, key: string): readonly DocumentNode[] {
  const traits = (node.get("traits")?.children ?? []).toReversed();
  const all = node.document.isVersion2 ? [...traits, node] : [node, ...traits];
  return all.flatMap((each) => each.get(key) ?? []);
}

/** The name of a message outside of its channel: its key, else that of its file. */
export function registeredName(node: DocumentNode): string | undefined {
  const { target, ref } = node;
  const { path, file } = target;
  if (path.at(-3) === "components" && path.at(-2) === "messages") return target.key;
  if (ref === undefined || file === target.document.main) return undefined;
  if (path.length === 1 || path.at(-2) === "messages") return target.key;
  return path.length > 0 ? undefined : file.path.split("/").at(-1)?.replace(/\..*$/, "");
}
