import type { InterfaceDeclaration, TypeDeclaration, TypeNode } from "../../model/sdk.js";

/** A type as its bytes look: what can be told before a value is there. */
export type Shape =
  | { readonly kind: "string" | "number" | "boolean" | "null" | "date" | "scalar" | "unknown" }
  /** An object that functions of its own are compiled for. */
  | { readonly kind: "object"; readonly name: string }
  | { readonly kind: "array"; readonly item: Shape }
  | { readonly kind: "nullable"; readonly of: Shape };

/**
 * Names that objects have by inheritance, and those by which a value decides about its own JSON: reading
 * them says nothing about the properties that an object has.
 */
const inherited = new Set([...Object.getOwnPropertyNames(Object.prototype), "toJSON", "rawJSON"]);

/** As many as there are bits to count them by. */
const MAX_PROPERTIES = 31;

/** With more than these to ask for, most of them in vain, reading is slower than the library's. */
const MAX_OPTIONAL_PROPERTIES = 10;

/** Tells the shapes of types. */
export class Shapes {
  readonly #declarations: ReadonlyMap<string, TypeDeclaration>;
  /** Objects that functions are compiled for. */
  readonly #objects = new Map<string, InterfaceDeclaration>();

  /** @param declarations All types of the SDK. */
  constructor(declarations: readonly TypeDeclaration[]) {
    this.#declarations = new Map(declarations.map((each) => [each.name, each]));
    for (const each of declarations) {
      if (each.kind === "interface" && isCompilable(each)) this.#objects.set(each.name, each);
    }
    // What contains a part that only the library can write is the library's as well, and so on.
    let before: number;
    do {
      before = this.#objects.size;
      for (const { name, properties } of [...this.#objects.values()]) {
        if (properties.some(({ type }) => hasUnknown(this.of(type)))) this.#objects.delete(name);
      }
    } while (this.#objects.size < before);
  }

  /** @returns The declaration of an object that functions are compiled for. */
  object(name: string): InterfaceDeclaration | undefined {
    return this.#objects.get(name);
  }

  /** @param aliases The aliases that led to the type. */
  of(type: TypeNode, aliases: readonly string[] = []): Shape {
    switch (type.kind) {
      case "string":
      case "number":
      case "boolean":
      case "null":
      case "date":
        return { kind: type.kind };
      case "literal":
        return { kind: typeof type.value as "string" | "number" | "boolean" };
      case "array":
        return { kind: "array", item: this.of(type.item, aliases) };
      case "reference":
        return this.#named(type.name, aliases);
      case "union":
        return either(type.members.map((member) => this.of(member, aliases)));
      default:
        return { kind: "unknown" };
    }
  }

  #named(name: string, aliases: readonly string[]): Shape {
    const declaration = this.#declarations.get(name);
    if (declaration?.kind === "alias" && !aliases.includes(name)) {
      return this.of(declaration.type, [...aliases, name]);
    }
    return !this.#objects.has(name) ? { kind: "unknown" } : { kind: "object", name };
  }
}

/** Maps have keys that nobody knows before; there the library is as good. */
function isCompilable({ properties, index }: InterfaceDeclaration): boolean {
  return (
    index === undefined &&
    properties.length > 0 &&
    properties.length <= MAX_PROPERTIES &&
    properties.filter(({ required }) => !required).length <= MAX_OPTIONAL_PROPERTIES &&
    properties.every(({ name }) => !inherited.has(name) && !/\p{Surrogate}/u.test(name))
  );
}

function hasUnknown(shape: Shape): boolean {
  if (shape.kind === "array") return hasUnknown(shape.item);
  return shape.kind === "nullable" ? hasUnknown(shape.of) : shape.kind === "unknown";
}

function either(shapes: readonly Shape[]): Shape {
  if (shapes.some(hasUnknown)) return { kind: "unknown" };
  const members = new Map(shapes.map((shape) => [JSON.stringify(shape), shape]));
  const [first, second] = members.values();
  if (first === undefined) return { kind: "unknown" };
  if (second === undefined) return first;
  if ([...members.values()].every(isScalar)) return { kind: "scalar" };
  if (members.size > 2) return { kind: "unknown" };
  const solid = first.kind === "null" ? second : second.kind === "null" ? first : undefined;
  if (solid === undefined) return { kind: "unknown" };
  return solid.kind === "nullable" ? solid : { kind: "nullable", of: solid };
}

function isScalar({ kind }: Shape): boolean {
  return ["string", "number", "boolean", "null", "scalar"].includes(kind);
}
