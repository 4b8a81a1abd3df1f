import { Names } from "../../model/names.js";
import type { InterfaceDeclaration, Property, TypeDeclaration, TypeNode } from "../../model/sdk.js";
import { literal, propertyName } from "../literal.js";
import { Conversions, type TypeConversion } from "./conversions.js";
import type { CompiledFormat, CompiledFunction } from "./functions.js";
import { type Shape, Shapes } from "./shape.js";

export type { CompiledFormat } from "./functions.js";

/** A constant of `codecs.ts`: the codec of a message. */
interface Serializer {
  readonly name: string;
  /** The type of its messages. */
  readonly type: string;
  readonly isJson: boolean;
  /** The names of its functions. */
  readonly write: string;
  readonly read: string;
  /** The library for unsupported values. */
  readonly library: Library;
}

/** The library that encodes a message. */
export interface Library {
  /** Its serializer of MessagePack. */
  readonly msgpack: "msgpackSerializer" | "exactMsgpackSerializer" | "roundingMsgpackSerializer";
  /** Its serializer of JSON reads and writes integers beyond 2^53. */
  readonly isExact: boolean;
  /** Name of the conversion between program and schema; empty without one. */
  readonly ofProgram: string;
  /** Name of the conversion between schema and library; empty without one. */
  readonly onWire: string;
}

/** Library of a message with a compiled codec, which needs none. */
export const noLibrary: Library = {
  msgpack: "msgpackSerializer",
  isExact: false,
  ofProgram: "",
  onWire: "",
};

/**
 * Compiles the functions of `codecs.ts`: one that writes and one that reads for each object that is part of a
 * message, and one serializer for each message. It compiles only requested functions.
 */
export class Codecs {
  readonly #shapes: Shapes;
  readonly #conversions: Readonly<Record<CompiledFormat, Conversions>>;
  /** `true` if a library of MessagePack would change the name of a property. */
  readonly #isOdd: boolean;
  readonly #taken: Names;
  /** Names of the compiled functions and constants, by their keys. */
  readonly #names = new Map<string, string>();
  readonly #serializers: Serializer[] = [];
  /** The names of properties, by the constant that holds them. */
  readonly #properties: { readonly name: string; readonly properties: readonly string[] }[] = [];
  /** The functions. Each gets its place before it is compiled, because objects may contain themselves. */
  readonly #functions: (CompiledFunction & { readonly name: string })[] = [];
  /** The functions that other files use. */
  readonly #exported = new Set<string>();

  /** @param declarations All types of the SDK. */
  constructor(declarations: readonly TypeDeclaration[]) {
    this.#shapes = new Shapes(declarations);
    this.#isOdd = declarations.some(
      (each) =>
        each.kind === "interface" && each.properties.some(({ name }) => name === "__proto__"),
    );
    const of = (format: CompiledFormat): Conversions =>
      new Conversions(
        (key, wanted, compile) => this.#onceFunction(key, wanted, compile),
        format,
        declarations,
        format === "msgpack" && this.#isOdd,
      );
    this.#conversions = { json: of("json"), msgpack: of("msgpack") };
    this.#taken = new Names(declarations.map(({ name }) => name));
  }

  /**
   * The serializer of a message.
   *
   * @param type The type of its payload.
   * @returns The name of a constant of `codecs.ts`; undefined if the library encodes it.
   */
  of(type: TypeNode, format: CompiledFormat): string | undefined {
    const shape = this.#shapes.of(type);
    if (shape.kind !== "object") return undefined;
    const { name } = shape;
    const wanted = `${name.charAt(0).toLowerCase()}${name.slice(1)}${suffix(format)}`;
    return this.#once(`serializer ${wanted}`, wanted, (constant) => {
      const library = this.#library(type, "", format);
      const write = this.#function("write", name, format);
      const read = this.#function("read", name, format);
      this.#serializers.push({
        name: constant,
        type: name,
        isJson: format === "json",
        write,
        read,
        library,
      });
    });
  }

  /**
   * Returns the library of a message without a compiled codec.
   *
   * @param type The type of its payload.
   * @param hint Name for a type without a name.
   */
  libraryOf(type: TypeNode, hint: string, format: CompiledFormat): Library {
    const library = this.#library(type, hint, format);
    for (const name of [library.ofProgram, library.onWire]) this.#exported.add(name);
    return library;
  }

  /** Checks for a type with another form in a program than in the schema. */
  isConverted(type: TypeNode): boolean {
    return this.#conversions.json.isOfProgram(type);
  }

  #library(type: TypeNode, hint: string, format: CompiledFormat): Library {
    const conversions = this.#conversions[format];
    const isExact = conversions.isExact(type);
    const conversion: TypeConversion | undefined = conversions.of(type, hint);
    return {
      msgpack: this.#isOdd
        ? "exactMsgpackSerializer"
        : isExact
          ? "msgpackSerializer"
          : "roundingMsgpackSerializer",
      isExact,
      ofProgram: conversion?.isOfProgram ? conversion.name : "",
      onWire: conversion?.isOnWire ? conversion.name : "",
    };
  }

  /** Describes the content of `codecs.ts`; called after all requests. */
  view(): object {
    return {
      serializers: this.#serializers,
      properties: this.#properties,
      functions: this.#functions.map((each) => ({
        ...each,
        isExported: this.#exported.has(each.name),
      })),
    };
  }

  /**
   * Compiles a function once, for any number of uses.
   *
   * @param key Key of the function.
   * @param wanted Its name, unless the name is taken.
   * @returns Its final name.
   */
  #once(key: string, wanted: string, compile: (name: string) => void): string {
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.#taken.take(wanted);
      this.#names.set(key, name);
      compile(name);
    }
    return name;
  }

  /** Compiles a function once. It gets its place before that, because objects may contain themselves. */
  #onceFunction(key: string, wanted: string, compile: () => CompiledFunction): string {
    return this.#once(key, wanted, (name) => {
      const place = this.#functions.length++;
      this.#functions[place] = { name, ...compile() };
    });
  }

  /** @returns The name of the function that writes or reads an object. */
  #function(verb: "write" | "read", name: string, format: CompiledFormat): string {
    const wanted = `${verb}${suffix(format)}${name}`;
    return this.#onceFunction(`object ${wanted}`, wanted, () => {
      const declaration = this.#shapes.object(name)!;
      return verb === "write"
        ? this.#writer(declaration, format)
        : this.#reader(declaration, format);
    });
  }

  #writer(declaration: InterfaceDeclaration, format: CompiledFormat): CompiledFunction {
    const { name, properties } = declaration;
    const names = this.#propertiesOf(declaration);
    const isCertain = properties.map(({ required }) => required);
    const required = isCertain
      .map((each) => Number(each))
      .reverse()
      .join("");
    const lines = properties.map((property, i) => {
      const statement = this.#writeProperty(declaration, property, [names, `${i}`], format);
      if (isCertain[i]) return statement;
      const bit = `0b1${"0".repeat(i)}`;
      // An own property may be undefined: JSON leaves it out, MessagePack has a value for it.
      const isDefined = format === "json" ? ` && ${access(property)} !== undefined` : "";
      return `if (own & ${bit}${isDefined}) ${statement}`;
    });
    return writer(name, format, [
      `const own = to.object(value, ${names}, 0b${required});`,
      "if (own < 0) return;",
      ...lines,
      "to.close();",
    ]);
  }

  /** The constant that holds the properties of an object. */
  #propertiesOf({ name, properties }: InterfaceDeclaration): string {
    return this.#once(`properties ${name}`, `propertiesOf${name}`, (constant) => {
      const names = properties.map((each) => literal(each.name));
      this.#properties.push({ name: constant, properties: names });
    });
  }

  /** @param place The constant of the object's properties, and the index of this one. */
  #writeProperty(
    owner: InterfaceDeclaration,
    property: Property,
    place: readonly string[],
    format: CompiledFormat,
  ): string {
    const shape = this.#shapes.of(property.type);
    const key = `to.key(${place.join(", ")})`;
    // MessagePack's writer rejects undefined at run time.
    const isOpen = format === "msgpack" && !property.required;
    const value = access(property) + (isOpen ? "!" : "");
    const type = `${owner.name}[${literal(property.name)}]`;
    return `${this.#writeCall(key, shape, value, type, format)};`;
  }

  /** @param type The type of the value, as an indexed access into its object's type. */
  #writeCall(
    to: string,
    shape: Shape,
    value: string,
    type: string,
    format: CompiledFormat,
  ): string {
    switch (shape.kind) {
      case "null":
        return `${to}.scalar(${value})`;
      case "array":
      case "nullable":
        return `${to}.${shape.kind}(${value}, ${this.#partOf(shape, "write", type, format)})`;
      case "object":
        return `${this.#function("write", shape.name, format)}(${value}, ${to})`;
      case "date":
        return format === "msgpack" ? `${to}.date(${value})` : `writeDate(${value}, ${to})`;
      default:
        return `${to}.${scalarMethod(shape.kind, "write", format)}(${value})`;
    }
  }

  /** @returns The function that writes or reads an array's items, or a nullable value that is not null. */
  #partOf(
    shape: Shape & { readonly kind: "array" | "nullable" },
    verb: "write" | "read",
    whole: string,
    format: CompiledFormat,
  ): string {
    const part = shape.kind === "array" ? shape.item : shape.of;
    const type = `NonNullable<${whole}>${shape.kind === "array" ? "[number]" : ""}`;
    switch (part.kind) {
      case "object":
        return this.#function(verb, part.name, format);
      case "array":
      case "nullable":
        return this.#onceFunction(
          `part ${verb} ${format} ${type}`,
          `${verb}${suffix(format)}Part`,
          () =>
            verb === "write"
              ? writer(type, format, [`${this.#writeCall("to", part, "value", type, format)};`])
              : reader(type, format, [`return ${this.#readCall("from", part, type, format)};`]),
        );
      default: {
        const scalar = scalarMethod(part.kind, verb, format);
        const isTimestamp = scalar === "date" && format === "msgpack";
        const kind = isTimestamp ? "timestamp" : scalar === "null" ? "scalar" : scalar;
        return `${verb}${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
      }
    }
  }

  #reader(declaration: InterfaceDeclaration, format: CompiledFormat): CompiledFunction {
    const { name, properties } = declaration;
    const names = this.#propertiesOf(declaration);
    const firstOptional = properties.findIndex(({ required }) => !required);
    const certain = firstOptional < 0 ? properties : properties.slice(0, firstOptional);
    const others = properties.slice(certain.length);
    const from = (i: number): string => `from.key(${names}, ${i})`;
    const entries = certain.map((property, i) => {
      const value = this.#readProperty(declaration, property, from(i), format);
      return `  ${propertyName(property.name)}: ${value},`;
    });
    // TypeScript accepts the object as soon as it has all required properties.
    const isTyped = others.every(({ required }) => !required);
    const head = isTyped ? `const value: ${name} =` : "const value =";
    const cast = certain.length > 0 ? ` as unknown as ${name}` : ` as ${name}`;
    const tail = isTyped ? ";" : `${cast};`;
    const object =
      entries.length === 0 ? [`${head} {}${tail}`] : [`${head} {`, ...entries, `}${tail}`];
    const lines = others.map((property, i) => {
      const place = certain.length + i;
      const source = property.required ? from(place) : "from";
      const read = this.#readProperty(declaration, property, source, format);
      const statement = `${access(property)} = ${read};`;
      return property.required ? statement : `if (from.has(${names}, ${place})) ${statement}`;
    });
    return reader(name, format, [
      "const outer = from.open();",
      "if (outer < 0) return from.none();",
      ...object,
      ...lines,
      "from.close(outer);",
      "return value;",
    ]);
  }

  #readProperty(
    owner: InterfaceDeclaration,
    { name, type }: Property,
    from: string,
    format: CompiledFormat,
  ): string {
    return this.#readCall(from, this.#shapes.of(type), `${owner.name}[${literal(name)}]`, format);
  }

  /** @param type The type of the value, as an indexed access into its object's type. */
  #readCall(from: string, shape: Shape, type: string, format: CompiledFormat): string {
    switch (shape.kind) {
      case "array":
      case "nullable":
        return `${from}.${shape.kind}(${this.#partOf(shape, "read", type, format)})`;
      case "object":
        return `${this.#function("read", shape.name, format)}(${from})`;
      case "date":
        return format === "msgpack" ? `${from}.date()` : `readDate(${from})`;
      default:
        return `${from}.${scalarMethod(shape.kind, "read", format)}()`;
    }
  }
}

function writer(type: string, format: CompiledFormat, lines: readonly string[]): CompiledFunction {
  return { parameters: `value: ${type}, to: ${suffix(format)}Writer`, result: "void", lines };
}

function reader(type: string, format: CompiledFormat, lines: readonly string[]): CompiledFunction {
  return { parameters: `from: ${suffix(format)}Reader`, result: type, lines };
}

/** The method that writes or reads a scalar. Only writers of MessagePack distinguish integers from other numbers. */
function scalarMethod(
  kind: Exclude<Shape["kind"], "array" | "nullable" | "object">,
  verb: "write" | "read",
  format: CompiledFormat,
): string {
  if (verb === "write" && format === "msgpack") return kind;
  if (kind === "integer") return "number";
  return kind === "integerScalar" ? "scalar" : kind;
}

function suffix(format: CompiledFormat): string {
  return format === "json" ? "Json" : "Msgpack";
}

function access({ name }: Property): string {
  const written = propertyName(name);
  return written === name ? `value.${name}` : `value[${written}]`;
}
