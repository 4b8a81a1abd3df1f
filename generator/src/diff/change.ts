import type { Place } from "../diagnostics.js";
import type { DocumentNode } from "../document/node.js";

/**
 * The side that a change breaks: programs that send a message, or programs that receive it. The
 * requester publishes a request; the responder publishes its reply.
 */
export type Side = "publishers" | "subscribers";

/** The part of a document that a change concerns. */
export type Level = "channel" | "parameter" | "message" | "schema";

/** A difference between two versions of a document. */
export interface Change extends Place {
  /** Stable name of the kind of change, for example `required-property-added`. */
  readonly rule: string;
  readonly level: Level;
  /** Sides that the change breaks; none if it is compatible. */
  readonly breaks: readonly Side[];
  /** The changed part, for example `PlayerChatted.audience`. */
  readonly what: string;
  /** Description of the change. */
  readonly message: string;
  /** Reason why it breaks a side, or none. */
  readonly reason: string;
  /** Addresses of the channels that it concerns. */
  readonly channels: readonly string[];
  /** The version of the document that contains the place. */
  readonly version: "old" | "new";
}

/** A change without the channels that it concerns. */
export interface Finding {
  readonly rule: string;
  readonly level: Level;
  readonly breaks: readonly Side[];
  readonly what: string;
  readonly message: string;
  readonly reason: string;
  readonly version: Change["version"];
  /** Place of the change. */
  readonly node: DocumentNode;
}

export const nobody: readonly Side[] = [];
export const publishers: readonly Side[] = ["publishers"];
export const subscribers: readonly Side[] = ["subscribers"];
export const both: readonly Side[] = ["publishers", "subscribers"];
