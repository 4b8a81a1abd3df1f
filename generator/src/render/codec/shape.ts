import type { InterfaceDeclaration, TypeDeclaration, TypeNode } from "../../model/sdk.js";

/** Kinds of values that a type may combine. An integer has its own form in MessagePack. */
type ScalarKind = "string" | "number" | "integer" | "boolean" | "null" | "scalar" | "integerScalar";

/** The part of a type that decides how its values are encoded. */
export type Shape =
  | { readonly kind: ScalarKind | "date" | "bigInt" | "integerText" | "unknown" }
  /** An object with its own compiled functions. */
  | { readonly kind: "object"; readonly name: string }
  | { readonly kind: "array"; readonly item: Shape }
  | { readonly kind: "nullable"; readonly of: Shape };

/**
 * Names that objects inherit, and names that change the JSON of a value. Reading such a property does not show
 * if the object has it.
 */
const inherited = new Set([...Object.getOwnPropertyNames(Object.prototype), "toJSON", "rawJSON"]);

/** Maximum number of properties: each has a bit in an integer. */
const MAX_PROPERTIES = 31;

/** Maximum number of optional properties. With more, a compiled reader is slower than the library. */
const MAX_OPTIONAL_PROPERTIES = 10;

/** Finds the shapes of types. */
export class Shapes {
  readonly #declarations: ReadonlyMap<string, TypeDeclaration>;
  /** Objects with compiled functions. */
  readonly #objects = new Map<string, InterfaceDeclaration>();

  /** @param declarations All types of the SDK. */
  constructor(declarations: readonly TypeDeclaration[]) {
    this.#declarations = new Map(declarations.map((each) => [each.name, each]));
    for (const each of declarations) {
      if (each.kind === "interface" && isCompilable(each)) this.#objects.set(each.name, each);
    }
    // An object with a part that only the library can write is left to the library, and so are the
    // objects that contain it.
    let before: number;
    do {
      before = this.#objects.size;
      for (const { name, properties } of [...this.#objects.values()]) {
        if (properties.some(({ type }) => hasUnknown(this.of(type)))) this.#objects.delete(name);
      }
    } while (this.#objects.size < before);
  }

  /** @returns The declaration of an object with compiled functions. */
  object(name: string): InterfaceDeclaration | undefined {
    return this.#objects.get(name);
  }

  /** @param aliases The aliases that led to the type. */
  of(type: TypeNode, aliases: readonly string[] = []): Shape {
    switch (type.kind) {
      case "string":
      case "number":
      case "integer":
      case "integerText":
      case "boolean":
      case "null":
      case "date":
        return { kind: type.kind };
      case "dateText":
        return { kind: "string" };
      case "bigint":
        return { kind: "bigInt" };
      case "literal":
        return {
          kind: Number.isInteger(type.value) ? "integer" : (typeof type.value as ScalarKind),
        };
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

/** `true` if a codec is compiled for the object. Maps have unknown keys; for them, the library is as good. */
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
  if ([...members.values()].every(isScalar)) {
    const kinds = [...members.values()].map(({ kind }) => kind);
    if (kinds.every((kind) => kind === "number" || kind === "integer")) return { kind: "number" };
    const isNumber = kinds.includes("number") || kinds.includes("scalar");
    const isInteger = kinds.includes("integer") || kinds.includes("integerScalar");
    return { kind: isInteger && !isNumber ? "integerScalar" : "scalar" };
  }
  if (members.size > 2) return { kind: "unknown" };
  const solid = first.kind === "null" ? second : second.kind === "null" ? first : undefined;
  if (solid === undefined) return { kind: "unknown" };
  return solid.kind === "nullable" ? solid : { kind: "nullable", of: solid };
}

function isScalar({ kind }: Shape): boolean {
  return ["string", "number", "integer", "boolean", "null", "scalar", "integerScalar"].includes(
    kind,
  );
}
