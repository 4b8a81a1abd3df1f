import type { InterfaceDeclaration, Property, TypeDeclaration, TypeNode } from "../../model/sdk.js";
import type { Imports } from "../imports.js";
import { below, call, fluid, list } from "../layout.js";
import { literal, propertyName } from "../literal.js";
import { type Shape, Shapes } from "./shape.js";

const CODEC = "alternats/sdk/codec";

/** The formats that codecs are compiled for. */
export type CompiledFormat = "json" | "msgpack";

/**
 * The functions of `codecs.ts`: one that writes and one that reads for each object that is part of a
 * message, and one serializer for each message. Only what is asked for is printed.
 */
export class Codecs {
  readonly #imports: Imports;
  readonly #shapes: Shapes;
  readonly #names = new Map<string, string>();
  readonly #functions = new Map<string, string>();
  readonly #serializers = new Map<string, string>();

  /**
   * @param imports What `codecs.ts` uses of others.
   * @param declarations All types of the SDK.
   */
  constructor(imports: Imports, declarations: readonly TypeDeclaration[]) {
    this.#imports = imports;
    this.#shapes = new Shapes(declarations);
  }

  /**
   * The serializer of a message.
   *
   * @param type The type of its payload.
   * @returns The name of a constant of `codecs.ts`; undefined where the library is as good.
   */
  of(type: TypeNode, format: CompiledFormat): string | undefined {
    const shape = this.#shapes.of(type);
    if (shape.kind !== "object") return undefined;
    const { name } = shape;
    const constant = `${name.charAt(0).toLowerCase()}${name.slice(1)}${suffix(format)}`;
    if (!this.#serializers.has(constant)) {
      const maker = `${format}Codec`;
      const library =
        format === "json" ? [] : [this.#imports.value("msgpackSerializer", "alternats/msgpack")];
      const value = call(`/* @__PURE__ */ ${this.#imports.value(maker, CODEC)}`, [
        ...library,
        this.#function("write", name, format),
        this.#function("read", name, format),
      ]);
      const serializer = this.#imports.type("NatsSerializer", "alternats");
      const payload = this.#imports.type(name, "./types.js");
      this.#serializers.set(
        constant,
        `export const ${constant}: ${serializer}<${payload}> =${fluid(value)};`,
      );
    }
    return constant;
  }

  /** @returns The body of `codecs.ts`; empty when nothing was asked for. */
  toString(): string {
    return [
      ...this.#serializers.values(),
      ...this.#names.values(),
      ...this.#functions.values(),
    ].join("\n\n");
  }

  /** @returns The name of the function that writes or reads an object. */
  #function(verb: "write" | "read", name: string, format: CompiledFormat): string {
    const functionName = `${verb}${suffix(format)}${name}`;
    if (!this.#functions.has(functionName)) {
      // Set aside first: objects contain themselves.
      this.#functions.set(functionName, "");
      const declaration = this.#shapes.object(name)!;
      const text =
        verb === "write" ? this.#writer(declaration, format) : this.#reader(declaration, format);
      this.#functions.set(functionName, `function ${functionName}${text}`);
    }
    return functionName;
  }

  #writer({ name, properties }: InterfaceDeclaration, format: CompiledFormat): string {
    const type = this.#imports.type(name, "./types.js");
    const writer = this.#imports.type(`${suffix(format)}Writer`, CODEC);
    const names = `propertiesOf${name}`;
    this.#names.set(
      names,
      `const ${names} = ${list(
        "[",
        properties.map((each) => literal(each.name)),
        "]",
      )};`,
    );
    const isCertain = properties.map(({ required }) => required);
    const required = isCertain
      .map((each) => Number(each))
      .reverse()
      .join("");
    const lines = properties.map((property, i) => {
      const statement = this.#writeProperty(property, format);
      if (isCertain[i]) return statement;
      const bit = `0b1${"0".repeat(i)}`;
      return `if (own & ${bit} && ${access(property)} !== undefined)${below(statement)}`;
    });
    const isAll = isCertain.every((each) => each);
    const object = `${call("to.object", ["value", names, `0b${required}`])}`;
    const begin = isAll
      ? [`if (${object} < 0) return;`]
      : [`const own = ${object};`, "if (own < 0) return;"];
    return block([
      `${parameters([`value: ${type}`, `to: ${writer}`])}: void {`,
      ...begin,
      ...lines,
      "to.close();",
    ]);
  }

  #writeProperty(property: Property, format: CompiledFormat): string {
    const shape = this.#shapes.of(property.type);
    const key = `to.key(${literal(bytesOf(property.name, format))})`;
    const value = access(property);
    if (shape.kind === "object")
      return `${call(this.#function("write", shape.name, format), [value, key])};`;
    return `${this.#writeCall(key, shape, value, format)};`;
  }

  #writeCall(to: string, shape: Shape, value: string, format: CompiledFormat): string {
    switch (shape.kind) {
      case "null":
        return call(`${to}.scalar`, [value]);
      case "array":
        return call(`${to}.array`, [value, this.#writeFunction(shape.item, format)]);
      case "nullable":
        return call(`${to}.nullable`, [value, this.#writeFunction(shape.of, format)]);
      case "object":
        return call(this.#function("write", shape.name, format), [value, to]);
      default:
        return call(`${to}.${shape.kind}`, [value]);
    }
  }

  #writeFunction(shape: Shape, format: CompiledFormat): string {
    if (shape.kind === "object") return this.#function("write", shape.name, format);
    return `(value, to) => ${this.#writeCall("to", shape, "value", format)}`;
  }

  #reader({ name, properties }: InterfaceDeclaration, format: CompiledFormat): string {
    const type = this.#imports.type(name, "./types.js");
    const reader = this.#imports.type(`${suffix(format)}Reader`, CODEC);
    const firstOptional = properties.findIndex(({ required }) => !required);
    const certain = firstOptional < 0 ? properties : properties.slice(0, firstOptional);
    const others = properties.slice(certain.length);
    const entries = certain.map(
      (property) => `  ${propertyName(property.name)}: ${this.#readProperty(property, format)},`,
    );
    const isWhole = others.length === 0;
    const head = isWhole ? `const value: ${type} = ` : "const value = ";
    const tail = isWhole ? ";" : ` as ${type};`;
    const object =
      entries.length === 0 ? [`${head}{}${tail}`] : [`${head}{`, ...entries, `}${tail}`];
    const lines = others.map((property) => {
      const key = literal(bytesOf(property.name, format));
      if (property.required)
        return `${access(property)} = ${this.#readProperty(property, format)};`;
      const statement = `${access(property)} = ${this.#readCall("from", this.#shapes.of(property.type), format)};`;
      return `if (from.has(${key}))${below(statement)}`;
    });
    return block([
      `${parameters([`from: ${reader}`])}: ${type} {`,
      "if (!from.open()) return from.none();",
      ...object,
      ...lines,
      "from.close();",
      "return value;",
    ]);
  }

  #readProperty({ name, type }: Property, format: CompiledFormat): string {
    return this.#readCall(
      `from.key(${literal(bytesOf(name, format))})`,
      this.#shapes.of(type),
      format,
    );
  }

  #readCall(from: string, shape: Shape, format: CompiledFormat): string {
    switch (shape.kind) {
      case "array":
        return call(`${from}.array`, [this.#readFunction(shape.item, format)]);
      case "nullable":
        return call(`${from}.nullable`, [this.#readFunction(shape.of, format)]);
      case "object":
        return call(this.#function("read", shape.name, format), [from]);
      default:
        return `${from}.${shape.kind}()`;
    }
  }

  #readFunction(shape: Shape, format: CompiledFormat): string {
    if (shape.kind === "object") return this.#function("read", shape.name, format);
    return `(from) => ${this.#readCall("from", shape, format)}`;
  }
}

function suffix(format: CompiledFormat): string {
  return format === "json" ? "Json" : "Msgpack";
}

/** A function's head and the lines of its body. */
function block(lines: readonly string[]): string {
  return `${lines.join("\n  ")}\n}`;
}

function parameters(items: readonly string[]): string {
  return list("(", items, ")");
}

function access({ name }: Property): string {
  const written = propertyName(name);
  return written === name ? `value.${name}` : `value[${written}]`;
}

/** The name as it is on the wire, each byte a character. */
function bytesOf(name: string, format: CompiledFormat): string {
  const text = format === "json" ? JSON.stringify(name).slice(1, -1) : name;
  return Buffer.from(text, "utf8").toString("latin1");
}
