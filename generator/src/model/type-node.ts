import type { PlainType, TypeNode } from "./sdk.js";

/** A type of one word. */
export function plain(kind: PlainType): TypeNode {
  return { kind };
}

/** One of several types, each once; what swallows all others stands alone. */
export function union(types: readonly TypeNode[]): TypeNode {
  const members = distinct(
    types.flatMap((type) => (type.kind === "union" ? type.members : [type])),
  );
  const solid = members.filter(({ kind }) => kind !== "never");
  if (solid.some(({ kind }) => kind === "unknown")) return plain("unknown");
  const kept = solid.filter(
    (type) => type.kind !== "literal" || !solid.some(({ kind }) => kind === typeof type.value),
  );
  // `null` and `undefined` read best at the end.
  kept.sort((a, b) => absence(a) - absence(b));
  const [first] = kept;
  if (first === undefined) return plain("never");
  return kept.length === 1 ? first : { kind: "union", members: kept };
}

/** All of several types at once; what says nothing falls away. */
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

/** Whether all values of a type of literals are of another, plain type. */
function isWithin(type: TypeNode, other: TypeNode): boolean {
  if (type === other) return true;
  if (type.kind === "union") return type.members.every((member) => isWithin(member, other));
  if (type.kind === "date") return other.kind === "string";
  return (
    type.kind === "literal" && typeof type.value === (other.kind === "date" ? "string" : other.kind)
  );
}

/** A type with null among its values. */
export function nullable(type: TypeNode): TypeNode {
  return union([type, plain("null")]);
}

function absence({ kind }: TypeNode): number {
  return kind === "undefined" ? 2 : kind === "null" ? 1 : 0;
}

function distinct(types: readonly TypeNode[]): TypeNode[] {
  return [...new Map(types.map((type) => [JSON.stringify(type), type])).values()];
}

/** Whether a number is the one that the document has: JavaScript rounds others. */
export function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
