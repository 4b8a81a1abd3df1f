import type {
  AliasDeclaration,
  Headers,
  InterfaceDeclaration,
  Message,
  MessageSet,
  Property,
  TypeDeclaration,
  TypeNode,
} from "../model/sdk.js";
import { keyText, literal } from "./literal.js";

/** Maximum number of parts of a value; a larger one would not help a reader. */
const MOST_PARTS = 500;

/** Creates the shortest values of types, for example programs. */
export class Samples {
  readonly #declarations: ReadonlyMap<string, TypeDeclaration>;
  /** Parts that the value may still have. */
  #left = 0;

  /** @param declarations All types of the SDK. */
  constructor(declarations: readonly TypeDeclaration[]) {
    this.#declarations = new Map(declarations.map((each) => [each.name, each]));
  }

  /**
   * A value that can be sent.
   *
   * @returns The code of a value; undefined if no value can be written as code.
   */
  ofMessages({ messages, unionType }: MessageSet): string | undefined {
    const [first] = messages;
    if (first === undefined) return undefined;
    this.#left = MOST_PARTS;
    const payload = this.#ofMessage(first);
    if (unionType === undefined || payload === undefined) return payload;
    return objectText([
      `name: ${literal(first.name)}`,
      `message: ${payload}`,
      ...(first.headers === undefined ? [] : [this.headers(first.headers)]),
    ]);
  }

  /** The entry `headers` of an object, with a value for each required header. */
  headers({ type }: Headers): string {
    this.#left = MOST_PARTS;
    return `headers: ${this.#of({ kind: "reference", name: type }, "text", []) ?? "headers"}`;
  }

  #ofMessage({ codec, type }: Message): string | undefined {
    return codec === "none" ? "undefined" : this.#of(type, "text", []);
  }

  /**
   * @param hint Content of a text.
   * @param within The named types that contain the value.
   */
  #of(type: TypeNode, hint: string, within: readonly string[]): string | undefined {
    if (--this.#left < 0) return undefined;
    switch (type.kind) {
      case "string":
        return literal(hint);
      case "dateText":
        return literal("2026-01-31T12:00:00Z");
      case "integerText":
        return literal("1");
      case "bigint":
        return "1n";
      case "number":
      case "integer":
        return "1";
      case "boolean":
        return "true";
      case "date":
        return "new Date()";
      case "bytes":
        return "Uint8Array.of(1, 2, 3)";
      case "unknown":
      case "record":
        return "{}";
      case "null":
      case "undefined":
        return type.kind;
      case "never":
        return undefined;
      case "literal":
        return literal(type.value);
      case "array": {
        const item = this.#of(type.item, hint, within);
        return `[${item ?? ""}]`;
      }
      case "tuple": {
        const items = type.items.filter(({ optional }) => !optional);
        return this.#all(
          items.map((item) => this.#of(item.type, hint, within)),
          (all) => `[${all.join(", ")}]`,
        );
      }
      case "union":
        return this.#first(type.members, hint, within);
      case "intersection": {
        const objects = this.#objects(type, within);
        if (objects !== undefined) return this.#ofObjects(objects, within);
        const narrowest = type.members.toSorted((a, b) => choice(a) - choice(b));
        return this.#first(narrowest, hint, within);
      }
      case "reference":
        return this.#ofNamed(type, hint, within);
    }
  }

  #first(
    members: readonly TypeNode[],
    hint: string,
    within: readonly string[],
  ): string | undefined {
    for (const member of members) {
      const sample = this.#of(member, hint, within);
      if (sample !== undefined) return sample;
    }
    return undefined;
  }

  #ofNamed(
    type: TypeNode & { readonly kind: "reference" },
    hint: string,
    within: readonly string[],
  ): string | undefined {
    const declaration = this.#declared(type.name, within);
    if (declaration === undefined) return undefined;
    if (declaration.kind === "interface") return this.#ofObjects([declaration], within);
    return exampleOf(declaration) ?? this.#of(declaration.type, hint, [...within, type.name]);
  }

  /** An object with all properties that one of several types requires. */
  #ofObjects(
    objects: readonly InterfaceDeclaration[],
    within: readonly string[],
  ): string | undefined {
    const all = new Map<string, { readonly required: boolean; readonly property: Property }>();
    for (const property of objects.flatMap(({ properties }) => properties)) {
      const known = all.get(property.name);
      const required = property.required || isInherited(property.name) || known?.required === true;
      // If a property has several types, the most specific one is used.
      const isBetter = known === undefined || choice(property.type) < choice(known.property.type);
      all.set(property.name, { required, property: isBetter ? property : known.property });
    }
    const inner = [...within, ...objects.map(({ name }) => name)];
    const entries = [...all.values()]
      .filter(({ required }) => required)
      .map(({ property }) => {
        const { name, type } = property;
        const value = exampleOf(property) ?? this.#of(type, name, inner);
        return value === undefined ? undefined : `${keyText(name)}: ${value}`;
      });
    return this.#all(entries, objectText);
  }

  /** The object types that a value must satisfy, with the first of alternatives; undefined if it is not an object. */
  #objects(type: TypeNode, within: readonly string[]): readonly InterfaceDeclaration[] | undefined {
    if (--this.#left < 0) return undefined;
    switch (type.kind) {
      case "reference": {
        const declaration = this.#declared(type.name, within);
        if (declaration === undefined) return undefined;
        if (declaration.kind === "interface") return [declaration];
        return this.#objects(declaration.type, [...within, type.name]);
      }
      case "union":
        return type.members
          .map((member) => this.#objects(member, within))
          .find((found) => found !== undefined);
      case "intersection": {
        const found = type.members.map((member) => this.#objects(member, within));
        return found.some((each) => each === undefined)
          ? undefined
          : found.flatMap((each) => each ?? []);
      }
      case "record":
      case "unknown":
        return [];
      default:
        return undefined;
    }
  }

  /** A named type, unless it contains the value. */
  #declared(name: string, within: readonly string[]): TypeDeclaration | undefined {
    return within.includes(name) ? undefined : this.#declarations.get(name);
  }

  #all(
    texts: readonly (string | undefined)[],
    join: (texts: readonly string[]) => string,
  ): string | undefined {
    const all = texts.filter((text) => text !== undefined);
    return all.length < texts.length ? undefined : join(all);
  }
}

/** Writes an object from the code of its entries. */
export function objectText(entries: readonly string[]): string {
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** Approximate number of values to choose from. */
function choice({ kind }: TypeNode): number {
  return kind === "literal" ? 0 : kind === "union" ? 1 : 2;
}

/** `true` for a name that every object inherits: TypeScript compares the inherited member with an omitted property. */
function isInherited(name: string): boolean {
  return Object.hasOwn(Object.prototype, name);
}

/** The document's example, if it is a single value of the type. */
function exampleOf({ type, doc }: Property | AliasDeclaration): string | undefined {
  const example = doc.examples.find((each) => isValueOf(type, each));
  return example === undefined ? undefined : literal(example);
}

function isValueOf(type: TypeNode, value: unknown): boolean {
  if (type.kind === "literal") return type.value === value;
  if (type.kind === "union") return type.members.some((member) => isValueOf(member, value));
  if (type.kind === "integer") return Number.isInteger(value);
  if (type.kind === "dateText") return typeof value === "string";
  return ["string", "number", "boolean"].includes(type.kind) && type.kind === typeof value;
}
