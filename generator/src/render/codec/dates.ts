import type { InterfaceDeclaration, TypeDeclaration, TypeNode } from "../../model/sdk.js";
import { pascalCase, words } from "../../model/words.js";
import { literal } from "../literal.js";
import type { CompiledFunction, CompileOnce } from "./functions.js";

/** Writes the functions that find the dates of a type. */
export class Dates {
  readonly #once: CompileOnce;
  readonly #declarations: ReadonlyMap<string, TypeDeclaration>;
  /** The names of types that have dates. */
  readonly #dated: ReadonlySet<string>;

  /** @param declarations All types of the SDK. */
  constructor(once: CompileOnce, declarations: readonly TypeDeclaration[]) {
    this.#once = once;
    this.#declarations = new Map(declarations.map((each) => [each.name, each]));
    this.#dated = datedNames(declarations);
  }

  /**
   * Returns the function that visits the dates of a value on the wire.
   *
   * @param type The type of the value.
   * @param hint Name of the function for a type without a name.
   * @returns The name of a function of `codecs.ts`; undefined if there are no dates.
   */
  of(type: TypeNode, hint: string): string | undefined {
    if (!this.#has(type)) return undefined;
    return this.#function(type, type.kind === "reference" ? type.name : hint);
  }

  #has(type: TypeNode): boolean {
    return hasDates(type, this.#dated);
  }

  /** Returns the code that visits the dates of a part of a type. */
  #part(type: TypeNode, hint: string): string {
    if (!this.#has(type)) return "noDates";
    if (type.kind === "date") return "dateTime";
    if (type.kind === "reference") return this.#function(type, type.name);
    const scalar = type.kind === "union" ? this.#scalar(this.#members(type)) : undefined;
    if (scalar !== undefined && this.#structures(type).every((each) => !this.#has(each))) {
      return scalar === "dateOrText" ? "dateTimeOrText" : "dateTimeOrOther";
    }
    return this.#function(type, hint);
  }

  #function(type: TypeNode, name: string): string {
    const key = type.kind === "reference" ? type.name : `${name} ${JSON.stringify(type)}`;
    return this.#once(`dates ${key}`, `datesIn${name}`, () =>
      datesFunction(this.#statements(type, name)),
    );
  }

  #statements(type: TypeNode, name: string): readonly string[] {
    switch (type.kind) {
      case "date":
        return ["at.date()"];
      case "reference": {
        const declaration = this.#declarations.get(type.name);
        if (declaration?.kind === "interface") return this.#ofObject(declaration);
        return declaration === undefined ? [] : this.#statements(declaration.type, name);
      }
      case "array":
        return [`at.items(${this.#part(type.item, `${name}Item`)})`];
      case "record":
        return [`at.others(${this.#part(type.value, `${name}Value`)})`];
      case "tuple":
        return [
          ...type.items.flatMap(({ type: item }, i) =>
            this.#has(item) ? [`at.item(${i}, ${this.#part(item, `${name}Item${i + 1}`)})`] : [],
          ),
          ...(type.rest !== undefined && this.#has(type.rest)
            ? [`at.items(${this.#part(type.rest, `${name}Rest`)}, ${type.items.length})`]
            : []),
        ];
      case "intersection":
        return type.members.flatMap((member, i) =>
          this.#has(member) ? [`${this.#part(member, `${name}Part${i + 1}`)}(at)`] : [],
        );
      case "union":
        return this.#ofUnion(type, name);
      default:
        return [];
    }
  }

  #ofObject({ name, properties, others }: InterfaceDeclaration): readonly string[] {
    const parts = properties
      .filter((property) => this.#has(property.type))
      .map((property) => {
        const part = this.#part(property.type, name + pascalCase(words(property.name)));
        return `at.property(${literal(property.name)}, ${part})`;
      });
    if (others === undefined || !this.#has(others)) return parts;
    const declared = properties.map((property) => literal(property.name));
    const args = [this.#part(others, `${name}Value`), ...declared];
    return [...parts, `at.others(${args.join(", ")})`];
  }

  #ofUnion(type: TypeNode, name: string): readonly string[] {
    const members = this.#members(type);
    const scalar = this.#scalar(members);
    return [
      ...(scalar === undefined ? [] : [`at.${scalar}()`]),
      ...(["array", "object"] as const).flatMap((kind) => {
        const alike = members.filter((member) => this.#kindOf(member) === kind);
        if (!alike.some((member) => this.#has(member))) return [];
        const parts = alike.map((member, i) =>
          this.#alternative(member, `${name}Option${i + 1}`, alike.length > 1),
        );
        return [`at.oneOf(${[literal(kind), ...new Set(parts)].join(", ")})`];
      }),
    ];
  }

  /** Code for an alternative. The value of a property may distinguish it from others. */
  #alternative(type: TypeNode, name: string, hasOthers: boolean): string {
    const part = this.#part(type, name);
    const mark = hasOthers ? this.#mark(type) : undefined;
    if (mark === undefined) return part;
    const values = mark.values.map(literal).join(", ");
    return this.#once(`dates ${name} where ${JSON.stringify([type, mark])}`, `datesIn${name}`, () =>
      datesFunction([`at.where(${literal(mark.name)}, [${values}], ${part})`]),
    );
  }

  /** A required property of an object with known values. */
  #mark(
    type: TypeNode,
    seen: readonly string[] = [],
  ): { readonly name: string; readonly values: readonly unknown[] } | undefined {
    if (type.kind === "intersection") {
      for (const member of type.members) {
        const mark = this.#mark(member, seen);
        if (mark !== undefined) return mark;
      }
      return undefined;
    }
    if (type.kind !== "reference" || seen.includes(type.name)) return undefined;
    const declaration = this.#declarations.get(type.name);
    if (declaration?.kind === "alias") return this.#mark(declaration.type, [...seen, type.name]);
    for (const { name, type: of, required } of declaration?.properties ?? []) {
      const values = this.#members(of).map((member) =>
        member.kind === "literal" ? member.value : undefined,
      );
      if (required && values.length > 0 && !values.includes(undefined)) return { name, values };
    }
    return undefined;
  }

  /** Rule by which a union's dates are distinguished from its other scalars. */
  #scalar(members: readonly TypeNode[]): "dateOrOther" | "dateOrText" | undefined {
    if (!members.some(({ kind }) => kind === "date")) return undefined;
    const isText = members.some(
      (member) =>
        member.kind === "string" ||
        member.kind === "unknown" ||
        (member.kind === "literal" && typeof member.value === "string"),
    );
    return isText ? "dateOrText" : "dateOrOther";
  }

  #structures(type: TypeNode): readonly TypeNode[] {
    return this.#members(type).filter((member) => this.#kindOf(member) !== undefined);
  }

  /** The alternatives of a type, after following aliases. */
  #members(type: TypeNode, seen: readonly string[] = []): readonly TypeNode[] {
    if (type.kind === "union") return type.members.flatMap((member) => this.#members(member, seen));
    if (type.kind !== "reference" || seen.includes(type.name)) return [type];
    const declaration = this.#declarations.get(type.name);
    if (declaration?.kind !== "alias") return [type];
    // An alias of a single type keeps its name.
    const { kind } = declaration.type;
    if (kind !== "union" && kind !== "reference" && kind !== "date" && kind !== "string")
      return [type];
    return this.#members(declaration.type, [...seen, type.name]);
  }

  /** Kind of a type that contains only arrays or only objects. */
  #kindOf(type: TypeNode, seen: readonly string[] = []): "array" | "object" | undefined {
    switch (type.kind) {
      case "array":
      case "tuple":
        return "array";
      case "record":
      case "intersection":
        return "object";
      case "reference": {
        const declaration = this.#declarations.get(type.name);
        if (declaration?.kind === "interface") return "object";
        if (declaration === undefined || seen.includes(type.name)) return undefined;
        return this.#kindOf(declaration.type, [...seen, type.name]);
      }
      default:
        return undefined;
    }
  }
}

function datesFunction(statements: readonly string[]): CompiledFunction {
  return {
    parameters: "at: DatePlace",
    result: "void",
    lines: statements.map((each) => `${each};`),
  };
}

/** Names of the types that contain dates, directly or in other types. */
function datedNames(declarations: readonly TypeDeclaration[]): ReadonlySet<string> {
  const dated = new Set<string>();
  let before: number;
  do {
    before = dated.size;
    for (const declaration of declarations) {
      const parts =
        declaration.kind === "alias"
          ? [declaration.type]
          : [
              ...declaration.properties.map(({ type }) => type),
              ...(declaration.others === undefined ? [] : [declaration.others]),
            ];
      if (parts.some((type) => hasDates(type, dated))) dated.add(declaration.name);
    }
  } while (dated.size > before);
  return dated;
}

function hasDates(type: TypeNode, dated: ReadonlySet<string>): boolean {
  switch (type.kind) {
    case "date":
      return true;
    case "reference":
      return dated.has(type.name);
    case "array":
      return hasDates(type.item, dated);
    case "record":
      return hasDates(type.value, dated);
    case "tuple":
      return [
        ...type.items.map((item) => item.type),
        ...(type.rest === undefined ? [] : [type.rest]),
      ].some((each) => hasDates(each, dated));
    case "union":
    case "intersection":
      return type.members.some((member) => hasDates(member, dated));
    default:
      return false;
  }
}
