import { Names } from "../../model/names.js";
import type { InterfaceDeclaration, Property, TypeDeclaration, TypeNode } from "../../model/sdk.js";
import { literal, propertyName } from "../literal.js";
import { Dates } from "./dates.js";
import type { CompiledFunction } from "./functions.js";
import { type Shape, Shapes } from "./shape.js";

/** The formats that codecs are compiled for. */
export type CompiledFormat = "json" | "msgpack";

/** A constant of `codecs.ts`: the codec of a message. */
interface Serializer {
  readonly name: string;
  /** The type of its messages. */
  readonly type: string;
  readonly isJson: boolean;
  /** The names of its functions. */
  readonly write: string;
  readonly read: string;
  /** Name of the function that finds the dates for the library; empty if there are no dates. */
  readonly dates: string;
}

/**
 * Compiles the functions of `codecs.ts`: one that writes and one that reads for each object that is part of a
 * message, and one serializer for each message. It compiles only requested functions.
 */
export class Codecs {
  /**
   * MessagePack library for messages without a compiled codec: the exact one if the other would
   * change the name of a property.
   */
  readonly msgpackLibrary: "msgpackSerializer" | "exactMsgpackSerializer";
  readonly #shapes: Shapes;
  readonly #dates: Dates;
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
    const isOdd = declarations.some(
      (each) =>
        each.kind === "interface" && each.properties.some(({ name }) => name === "__proto__"),
    );
    this.msgpackLibrary = isOdd ? "exactMsgpackSerializer" : "msgpackSerializer";
    this.#dates = new Dates(
      (key, wanted, compile) => this.#onceFunction(key, wanted, compile),
      declarations,
    );
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
      const dates = this.#dates.of(type, "") ?? "";
      const write = this.#function("write", name, format);
      const read = this.#function("read", name, format);
      this.#serializers.push({
        name: constant,
        type: name,
        isJson: format === "json",
        write,
        read,
        dates,
      });
    });
  }

  /**
   * Returns the function that visits the dates of a message.
   *
   * @param type The type of its payload.
   * @param hint Name for a type without a name.
   * @returns The name of a function of `codecs.ts`; undefined if there are no dates.
   */
  datesOf(type: TypeNode, hint: string): string | undefined {
    const name = this.#dates.of(type, hint);
    if (name !== undefined) this.#exported.add(name);
    return name;
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
        return `writeDate(${value}, ${to})`;
      default:
        return `${to}.${shape.kind}(${value})`;
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
        const kind = part.kind === "null" ? "scalar" : part.kind;
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
        return `readDate(${from})`;
      default:
        return `${from}.${shape.kind}()`;
    }
  }
}

function writer(type: string, format: CompiledFormat, lines: readonly string[]): CompiledFunction {
  return { parameters: `value: ${type}, to: ${suffix(format)}Writer`, result: "void", lines };
}

function reader(type: string, format: CompiledFormat, lines: readonly string[]): CompiledFunction {
  return { parameters: `from: ${suffix(format)}Reader`, result: type, lines };
}

function suffix(format: CompiledFormat): string {
  return format === "json" ? "Json" : "Msgpack";
}

function access({ name }: Property): string {
  const written = propertyName(name);
  return written === name ? `value.${name}` : `value[${written}]`;
}
