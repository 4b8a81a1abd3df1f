import type { Place } from "../diagnostics.js";
import type { DocumentNode } from "../document/node.js";

/** Who may be hurt: those who send a message, or those who receive it. Who asks sends a request, who answers its reply. */
export type Side = "publishers" | "subscribers";

/** What a change is about. */
export type Level = "channel" | "parameter" | "message" | "schema";

/** One difference between two versions of a document. */
export interface Change extends Place {
  /** A stable name for the kind of change, for example `required-property-added`. */
  readonly rule: string;
  readonly level: Level;
  /** Whom it breaks; nobody when it is compatible. */
  readonly breaks: readonly Side[];
  /** What changed, for example `PlayerChatted.audience`. */
  readonly what: string;
  /** What became of it. */
  readonly message: string;
  /** Why it breaks somebody, or nobody. */
  readonly reason: string;
  /** The addresses on which it counts. */
  readonly channels: readonly string[];
  /** The version of the document that the place is in. */
  readonly version: "old" | "new";
}

/** A change before it is known where it counts. */
export interface Finding {
  readonly rule: string;
  readonly level: Level;
  readonly breaks: readonly Side[];
  readonly what: string;
  readonly message: string;
  readonly reason: string;
  readonly version: Change["version"];
  /** Where it shows. */
  readonly node: DocumentNode;
}

export const nobody: readonly Side[] = [];
export const publishers: readonly Side[] = ["publishers"];
export const subscribers: readonly Side[] = ["subscribers"];
export const both: readonly Side[] = ["publishers", "subscribers"];
