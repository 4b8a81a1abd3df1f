import type { PlainType, TypeNode } from "./sdk.js";

/** A type with a one-word name. */
export function plain(kind: PlainType): TypeNode {
  return { kind };
}

/** Union of several types without duplicates; a type that includes all others stands alone. */
export function union(types: readonly TypeNode[]): TypeNode {
  const members = distinct(
    types.flatMap((type) => (type.kind === "union" ? type.members : [type])),
  );
  const solid = members.filter(({ kind }) => kind !== "never");
  if (solid.some(({ kind }) => kind === "unknown")) return plain("unknown");
  const kinds = new Set<string>(solid.map(({ kind }) => kind));
  const wide = new Set(solid.map(({ kind }) => widened(kind)));
  const kept = solid.filter((type) =>
    type.kind === "literal"
      ? !wide.has(typeof type.value)
      : type.kind === widened(type.kind) || !kinds.has(widened(type.kind)),
  );
  // `null` and `undefined` read best at the end.
  kept.sort((a, b) => absence(a) - absence(b));
  const [first] = kept;
  if (first === undefined) return plain("never");
  return kept.length === 1 ? first : { kind: "union", members: kept };
}

/** Intersection of several types, without types that add nothing. */
export function intersection(types: readonly TypeNode[]): TypeNode {
  const members = distinct(
    types
      .flatMap((type) => (type.kind === "intersection" ? type.members : [type]))
      .filter(({ kind }) => kind !== "unknown"),
  );
  const [first] = members;
  if (first === undefined) return plain("unknown");
  if (members.some(({ kind }) => kind === "never")) return plain("never");
  const narrow = members.find((type) => members.every((other) => isWithin(type, other)));
  if (narrow !== undefined) return narrow;
  return members.length === 1 ? first : { kind: "intersection", members };
}

/** Checks if all values of a literal type belong to another, plain type. */
function isWithin(type: TypeNode, other: TypeNode): boolean {
  if (type === other) return true;
  if (type.kind === "union") return type.members.every((member) => isWithin(member, other));
  if (type.kind === "literal") {
    const { kind } = other;
    return typeof type.value === (kind === "date" ? "string" : widened(kind));
  }
  if (type.kind === "date" || type.kind === "integerText") return other.kind === "string";
  if (type.kind === "bigint") return other.kind === "integer" || other.kind === "number";
  return isWidened(type, other);
}

/** The kind that includes all values of a kind, for TypeScript and on the wire. */
function widened(kind: TypeNode["kind"]): string {
  return kind === "integer" ? "number" : kind === "dateText" ? "string" : kind;
}

function isWidened({ kind }: TypeNode, other: TypeNode): boolean {
  return kind !== other.kind && widened(kind) === other.kind;
}

/** Union of a type and null. */
export function nullable(type: TypeNode): TypeNode {
  return union([type, plain("null")]);
}

function absence({ kind }: TypeNode): number {
  return kind === "undefined" ? 2 : kind === "null" ? 1 : 0;
}

function distinct(types: readonly TypeNode[]): TypeNode[] {
  return [...new Map(types.map((type) => [JSON.stringify(type), type])).values()];
}

/** Checks if JavaScript represents a number of the document exactly. */
export function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

/** An object whose properties all have one type. */
export function record(value: TypeNode): TypeNode {
  return { kind: "record", value };
}
