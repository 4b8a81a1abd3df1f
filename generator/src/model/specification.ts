import type { DocumentNode } from "../document/node.js";

/**
 * What the versions of AsyncAPI say in different words, in the words of 3.0: channels with messages,
 * and operations that send or receive, from the application's side.
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

/** A channel as the document has it. */
export interface SpecChannel {
  readonly node: DocumentNode;
  /** Its key in the document. */
  readonly key: string;
  /** Its address; undefined when it is known only at run time. */
  readonly address: string | undefined;
  readonly parameters: readonly DocumentNode[];
  readonly messages: readonly SpecMessage[];
  /** Its servers; all of the document's when it names none. */
  readonly servers: readonly DocumentNode[];
}

/** A message as a channel names it. */
export interface SpecMessage {
  readonly node: DocumentNode;
  readonly name: string | undefined;
}

/** An operation as the document has it. */
export interface SpecOperation {
  readonly node: DocumentNode;
  /** `operationId` or key; undefined when it has neither. */
  readonly id: string | undefined;
  readonly action: "send" | "receive";
  readonly channel: SpecChannel;
  readonly messages: readonly SpecMessage[];
  readonly reply: SpecReply | undefined;
}

/** What answers an operation. */
export interface SpecReply {
  readonly node: DocumentNode;
  readonly channel: SpecChannel | undefined;
  /** None listed where the document does not say; `"none"` where it says that there is no payload. */
  readonly messages: readonly SpecMessage[] | "none";
}

/**
 * A property of an operation or a message with those of its traits, the one that holds first. Version 2 merges
 * the traits over the object, one after the other; in version 3 the object's own properties hold. The last of
 * several traits holds in both.
 *
 * @see https://www.asyncapi.com/docs/reference/specification/v2.6.0#operationObject "JSON Merge Patch"
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0#traits-merge-mechanism
 */
export function inherited(node: DocumentNode, key: string): readonly DocumentNode[] {
  const traits = (node.get("traits")?.children ?? []).toReversed();
  const all = node.document.isVersion2 ? [...traits, node] : [node, ...traits];
  return all.flatMap((each) => each.get(key) ?? []);
}

/** The name by which a message is registered outside of its channel: its key, else that of its file. */
export function registeredName(node: DocumentNode): string | undefined {
  const { target, ref } = node;
  const { path, file } = target;
  if (path.at(-3) === "components" && path.at(-2) === "messages") return target.key;
  if (ref === undefined || file === target.document.main) return undefined;
  if (path.length === 1 || path.at(-2) === "messages") return target.key;
  return path.length > 0 ? undefined : file.path.split("/").at(-1)?.replace(/\..*$/, "");
}
