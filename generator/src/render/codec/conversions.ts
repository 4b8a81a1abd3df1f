import type { InterfaceDeclaration, TypeDeclaration, TypeNode } from "../../model/sdk.js";
import { pascalCase, words } from "../../model/words.js";
import { literal } from "../literal.js";
import type { CompiledFormat, CompiledFunction, CompileOnce } from "./functions.js";

/** Kinds of types with another form in a program than in the schema. */
const programKinds: readonly Kind[] = ["date", "bigint", "integerText"];

/** Kinds of types with another form in MessagePack than in the schema. */
const msgpackKinds: readonly Kind[] = ["date", "dateText", "integer", "bigint", "integerText"];

/** Kinds whose values are bigints if the library reads integers beyond 2^53 as bigints. */
const numberKinds: readonly Kind[] = ["integer", "number"];

type Kind = TypeNode["kind"];

/** Constants of `alternats/sdk/codec` by the methods that they call. */
const parts = {
  date: "dateTime",
  dateOrText: "dateTimeOrText",
  dateOrOther: "dateTimeOrOther",
  dateText: "dateText",
  bigInt: "bigInt",
  bigIntOrOther: "bigIntOrOther",
  integerText: "integerText",
  integerTextOrText: "integerTextOrText",
  integerTextOrOther: "integerTextOrOther",
  integer: "integer",
  number: "float",
} as const;

/** A method that visits a scalar. */
type Visit = keyof typeof parts;

/** The conversions of a type. */
export interface TypeConversion {
  /** The name of a function of `codecs.ts`. */
  readonly name: string;
  /** `true` if programs have another form than the schema. */
  readonly isOfProgram: boolean;
  /** `true` if the wire, as the library reads and writes it, has another form than the schema. */
  readonly isOnWire: boolean;
}

/** Writes the functions that visit the converted parts of a type, for one format. */
export class Conversions {
  readonly #once: CompileOnce;
  readonly #format: CompiledFormat;
  readonly #declarations: ReadonlyMap<string, TypeDeclaration>;
  /** The kinds of types that each named type contains. */
  readonly #kinds: ReadonlyMap<string, ReadonlySet<Kind>>;
  /** Kinds with another form on the wire than in the schema. */
  readonly #wireKinds: readonly Kind[];
  /** The kinds of types that functions visit. */
  readonly #visited: readonly Kind[];

  /**
   * @param declarations All types of the SDK.
   * @param readsBigints `true` if the library of every message may read an integer as a bigint.
   */
  constructor(
    once: CompileOnce,
    format: CompiledFormat,
    declarations: readonly TypeDeclaration[],
    readsBigints: boolean,
  ) {
    this.#once = once;
    this.#format = format;
    this.#declarations = new Map(declarations.map((each) => [each.name, each]));
    this.#kinds = kindsOfNames(declarations);
    this.#wireKinds = [
      ...(format === "msgpack" ? msgpackKinds : []),
      ...(readsBigints ? numberKinds : []),
    ];
    const isExact = declarations.some(({ name }) => this.isExact({ kind: "reference", name }));
    this.#visited = [...programKinds, ...this.#wireKinds, ...(isExact ? numberKinds : [])];
  }

  /**
   * Returns the function that visits the converted parts of a value.
   *
   * @param type The type of the value.
   * @param hint Name of the function for a type without a name.
   * @returns Undefined if nothing is converted.
   */
  of(type: TypeNode, hint: string): TypeConversion | undefined {
    const isOfProgram = this.isOfProgram(type);
    const isOnWire =
      this.#contains(type, this.#wireKinds) ||
      (this.isExact(type) && this.#contains(type, numberKinds));
    if (!isOfProgram && !isOnWire) return undefined;
    const name = this.#function(type, type.kind === "reference" ? type.name : hint);
    return { name, isOfProgram, isOnWire };
  }

  /** Checks for a type with another form in a program than in the schema. */
  isOfProgram(type: TypeNode): boolean {
    return this.#contains(type, programKinds);
  }

  /** Checks for a type whose integers must be read as bigints. */
  isExact(type: TypeNode): boolean {
    return this.#contains(type, ["bigint", "integerText"]);
  }

  #has(type: TypeNode): boolean {
    return this.#contains(type, this.#visited);
  }

  #contains(type: TypeNode, kinds: readonly Kind[]): boolean {
    const all = kindsIn(type, this.#kinds);
    return kinds.some((kind) => all.has(kind));
  }

  /** Returns the code that visits a part of a type. */
  #part(type: TypeNode, hint: string): string {
    if (!this.#has(type)) return "unconverted";
    const [visit, ...more] = this.#scalars(this.#members(type));
    const isScalar = more.length === 0 && this.#structures(type).every((each) => !this.#has(each));
    const part = visit === undefined || !isScalar ? undefined : parts[visit];
    return part ?? this.#function(type, type.kind === "reference" ? type.name : hint);
  }

  #function(type: TypeNode, name: string): string {
    const key = type.kind === "reference" ? type.name : `${name} ${JSON.stringify(type)}`;
    return this.#once(`${this.#prefix} ${key}`, `${this.#prefix}${name}`, () =>
      conversion(this.#statements(type, name)),
    );
  }

  get #prefix(): string {
    return this.#format === "json" ? "convert" : "convertMsgpack";
  }

  #statements(type: TypeNode, name: string): readonly string[] {
    switch (type.kind) {
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
        return this.#scalars([type]).map((visit) => `at.${visit}()`);
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
    return [
      ...this.#scalars(members).map((visit) => `at.${visit}()`),
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
    const key = `${this.#prefix} ${name} where ${JSON.stringify([type, mark])}`;
    return this.#once(key, `${this.#prefix}${name}`, () =>
      conversion([`at.where(${literal(mark.name)}, [${values}], ${part})`]),
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

  /** The methods that visit the scalars of a type, which has several in a union. */
  #scalars(members: readonly TypeNode[]): readonly Visit[] {
    const has = (kind: Kind): boolean =>
      this.#visited.includes(kind) && members.some((member) => member.kind === kind);
    const isText = members.some(
      (member) =>
        member.kind === "string" ||
        member.kind === "unknown" ||
        (member.kind === "literal" && typeof member.value === "string"),
    );
    const isAlone = members.length === 1;
    const isInteger =
      has("integer") || (this.#visited.includes("integer") && members.some(isWideLiteral));
    const visits: readonly (Visit | false)[] = [
      has("date") && (isAlone ? "date" : isText ? "dateOrText" : "dateOrOther"),
      has("dateText") && "dateText",
      has("bigint") && (isAlone ? "bigInt" : "bigIntOrOther"),
      has("integerText") &&
        (isAlone ? "integerText" : isText ? "integerTextOrText" : "integerTextOrOther"),
      isInteger ? "integer" : has("number") && "number",
    ];
    return visits.filter((each) => each !== false);
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
    if (kind === "array" || kind === "tuple" || kind === "record" || kind === "intersection")
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

function isWideLiteral(type: TypeNode): boolean {
  return type.kind === "literal" && isWide(type.value);
}

function conversion(statements: readonly string[]): CompiledFunction {
  return {
    parameters: "at: PayloadPlace",
    result: "void",
    lines: statements.map((each) => `${each};`),
  };
}

/** The kinds of types that each named type contains, directly or in other types. */
function kindsOfNames(
  declarations: readonly TypeDeclaration[],
): ReadonlyMap<string, ReadonlySet<Kind>> {
  const names = new Map<string, Set<Kind>>(declarations.map(({ name }) => [name, new Set()]));
  let isChanged: boolean;
  do {
    isChanged = false;
    for (const declaration of declarations) {
      const all = names.get(declaration.name)!;
      const { size } = all;
      for (const part of partsOf(declaration))
        for (const kind of kindsIn(part, names)) all.add(kind);
      isChanged ||= all.size > size;
    }
  } while (isChanged);
  return names;
}

function partsOf(declaration: TypeDeclaration): readonly TypeNode[] {
  if (declaration.kind === "alias") return [declaration.type];
  const { properties, others } = declaration;
  return [...properties.map(({ type }) => type), ...(others === undefined ? [] : [others])];
}

function kindsIn(type: TypeNode, names: ReadonlyMap<string, ReadonlySet<Kind>>): ReadonlySet<Kind> {
  const all = (types: readonly TypeNode[]): ReadonlySet<Kind> =>
    new Set(types.flatMap((each) => [...kindsIn(each, names)]));
  switch (type.kind) {
    case "reference":
      return names.get(type.name) ?? new Set();
    case "array":
      return kindsIn(type.item, names);
    case "record":
      return kindsIn(type.value, names);
    case "tuple":
      return all([
        ...type.items.map((item) => item.type),
        ...(type.rest === undefined ? [] : [type.rest]),
      ]);
    case "union":
    case "intersection":
      return all(type.members);
    case "literal":
      return new Set(isWide(type.value) ? ["integer" as const] : []);
    default:
      return new Set([type.kind]);
  }
}

/** Checks for an integer beyond 32 bits. */
function isWide(value: unknown): boolean {
  return Number.isInteger(value) && (Number(value) < -(2 ** 31) || Number(value) >= 2 ** 32);
}
