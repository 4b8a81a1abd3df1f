import { noDoc } from "./doc.js";
import type { TypeDeclaration, TypeNode } from "./sdk.js";
import type { TypeNames } from "./type-names.js";
import { intersection, union } from "./type-node.js";
import { words } from "./words.js";

/**
 * Makes aliases that contain themselves acceptable to TypeScript. TypeScript resolves aliases
 * through unions, intersections and `Record`, but not through interfaces, arrays and tuples. A map
 * therefore gets its own interface, and an alternative that is the type itself is removed, because
 * it adds nothing.
 *
 * @param declarations All types; those without a circle are returned unchanged.
 * @param names Source of names for the interfaces.
 */
export function breakCycles(
  declarations: readonly TypeDeclaration[],
  names: TypeNames,
): readonly TypeDeclaration[] {
  const aliases = new Map<string, TypeNode>();
  for (const each of declarations) if (each.kind === "alias") aliases.set(each.name, each.type);
  return declarations.flatMap((declaration): readonly TypeDeclaration[] => {
    if (declaration.kind !== "alias" || !reaches(declaration.type, declaration.name, aliases)) {
      return [declaration];
    }
    const { name } = declaration;
    const maps: TypeDeclaration[] = [];
    const toInterface = (value: TypeNode): TypeNode => {
      const map = names.take([...words(name), "Map"]);
      maps.push({
        kind: "interface",
        name: map,
        doc: noDoc,
        properties: [],
        others: value,
        index: value,
      });
      return { kind: "reference", name: map };
    };
    const type = rewrite(declaration.type, name, aliases, toInterface);
    aliases.set(name, type);
    return [{ ...declaration, type }, ...maps];
  });
}

/** Parts of a type that TypeScript resolves immediately. */
function eagerParts(type: TypeNode): readonly TypeNode[] {
  return type.kind === "record" ? [type.value] : membersOf(type);
}

/** Parts of a type that cannot be moved into an interface. */
function membersOf(type: TypeNode): readonly TypeNode[] {
  return type.kind === "union" || type.kind === "intersection" ? type.members : [];
}

/** Checks if TypeScript reaches a name when it resolves a type. */
function reaches(
  type: TypeNode,
  name: string,
  aliases: ReadonlyMap<string, TypeNode>,
  parts: (type: TypeNode) => readonly TypeNode[] = eagerParts,
): boolean {
  const seen = new Set<string>();
  const open = [type];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind !== "reference") open.push(...parts(next));
    else if (next.name === name) return true;
    else if (!seen.has(next.name)) {
      seen.add(next.name);
      const alias = aliases.get(next.name);
      if (alias !== undefined) open.push(alias);
    }
  }
  return false;
}

function rewrite(
  type: TypeNode,
  name: string,
  aliases: ReadonlyMap<string, TypeNode>,
  toInterface: (value: TypeNode) => TypeNode,
): TypeNode {
  if (!reaches(type, name, aliases)) return type;
  if (type.kind === "record") return toInterface(type.value);
  if (type.kind !== "union" && type.kind !== "intersection") return type;
  const members = spread(type, name, aliases, new Set()).map((member) =>
    rewrite(member, name, aliases, toInterface),
  );
  return type.kind === "union" ? union(members) : intersection(members);
}

/** Members of a type, with aliases that form a circle replaced by their members. */
function spread(
  type: TypeNode,
  name: string,
  aliases: ReadonlyMap<string, TypeNode>,
  seen: Set<string>,
): readonly TypeNode[] {
  if (type.kind === "union" || type.kind === "intersection") {
    return type.members.flatMap((member) => spread(member, name, aliases, seen));
  }
  if (type.kind !== "reference" || !reaches(type, name, aliases, membersOf)) return [type];
  const alias = aliases.get(type.name);
  if (alias === undefined || type.name === name || seen.has(type.name)) return [];
  seen.add(type.name);
  return spread(alias, name, aliases, seen);
}
