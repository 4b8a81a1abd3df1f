import { Names } from "../../model/names.js";
import type { InterfaceDeclaration, Property, TypeDeclaration, TypeNode } from "../../model/sdk.js";
import { docText } from "../doc-comment.js";
import { only } from "../forms.js";
import { Imports } from "../imports.js";
import { below, call, fit, fluid, group, indent, line, list, softline } from "../layout.js";
import { literal, propertyName } from "../literal.js";
import { Dates } from "./dates.js";
import { type Shape, Shapes } from "./shape.js";

const CODEC = "alternats/sdk/codec";
const pure = "/* @__PURE__ */ ";

/** The formats that codecs are compiled for. */
export type CompiledFormat = "json" | "msgpack";

/**
 * The functions of `codecs.ts`: one that writes and one that reads for each object that is part of a
 * message, and one serializer for each message. Only what is asked for is printed.
 */
export class Codecs {
  /** The library for MessagePack that is not compiled: the exact one where a property has a name that the other changes. */
  readonly msgpackLibrary: "msgpackSerializer" | "exactMsgpackSerializer";
  /** What the file uses of others. */
  readonly imports: Imports = new Imports();
  readonly #shapes: Shapes;
  readonly #dates: Dates;
  readonly #taken: Names;
  /** The names of what is printed, by what it is for. */
  readonly #names = new Map<string, string>();
  readonly #serializers: string[] = [];
  readonly #properties: string[] = [];
  /** What is printed of each function; a place is set aside before, for objects contain themselves. */
  readonly #functions: string[] = [];
  /** The functions that other files use, as they are declared. */
  readonly #exported = new Map<string, string>();

  /** @param declarations All types of the SDK. */
  constructor(declarations: readonly TypeDeclaration[]) {
    this.#shapes = new Shapes(declarations);
    const isOdd = declarations.some(
      (each) =>
        each.kind === "interface" && each.properties.some(({ name }) => name === "__proto__"),
    );
    this.msgpackLibrary = isOdd ? "exactMsgpackSerializer" : "msgpackSerializer";
    this.#dates = new Dates(
      this.imports,
      (key, wanted, print) => this.#onceFunction(key, wanted, print),
      declarations,
    );
    this.#taken = new Names(declarations.map(({ name }) => name));
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
    const wanted = `${name.charAt(0).toLowerCase()}${name.slice(1)}${suffix(format)}`;
    return this.#once(`serializer ${wanted}`, wanted, (constant) => {
      const maker = `${format}Codec`;
      const library = this.#library(type, format);
      const functions = [
        this.#function("write", name, format),
        this.#function("read", name, format),
      ];
      const value = call(
        `${pure}${this.imports.value(maker, CODEC)}`,
        format === "json" ? [...functions, ...library] : [...library, ...functions],
      );
      const serializer = this.imports.type("NatsSerializer", "alternats");
      const payload = this.imports.type(name, "./types.js");
      const doc = docText(`{@link ${name}} as ${format === "json" ? "JSON" : "MessagePack"}.`);
      this.#serializers.push(
        `${doc}export const ${constant}${only("types", `: ${serializer}<${payload}>`)}${only("code", ` =${fluid(value)}`)};`,
      );
    });
  }

  /**
   * The function that finds the dates of a message.
   *
   * @param type The type of its payload.
   * @param hint What to call it, where the type has no name.
   * @returns The name of a function of `codecs.ts`; undefined where there are no dates.
   */
  datesOf(type: TypeNode, hint: string): string | undefined {
    const name = this.#dates.of(type, hint);
    if (name !== undefined) this.#exported.set(name, `export function ${name}${this.#dates.head};`);
    return name;
  }

  /** What a codec leaves to the library, where it is not the format's own as it is. */
  #library(type: TypeNode, format: CompiledFormat): readonly string[] {
    const dates = this.#dates.of(type, "");
    const isJson = format === "json";
    if (dates === undefined && isJson) return [];
    const own = isJson
      ? `${pure}${this.imports.value("json", "alternats/sdk")}()`
      : this.imports.value("msgpackSerializer", "alternats/msgpack");
    if (dates === undefined) return [own];
    return [call(`${pure}${this.imports.value("dated", CODEC)}`, [own, dates])];
  }

  /** @returns The body of `codecs.ts`; empty when nothing was asked for. */
  toString(): string {
    const exported = [...this.#exported.values()].map((text) => only("declared", text));
    const functions = this.#functions.map((text) => {
      const name = /^function ([$\p{ID_Continue}]+)/u.exec(text)?.[1] ?? "";
      return this.#exported.has(name) ? `export ${text}` : text;
    });
    const code = [...this.#properties, ...functions].map((text) => only("code", text));
    return [...this.#serializers, ...exported, ...code].join("\n\n");
  }

  /**
   * Prints something once, however often it is used.
   *
   * @param key What it is.
   * @param wanted What it is called, unless something else is.
   * @returns Its name.
   */
  #once(key: string, wanted: string, print: (name: string) => void): string {
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.#taken.take(wanted);
      this.#names.set(key, name);
      print(name);
    }
    return name;
  }

  /** The same for a function, for which a place is set aside before: objects contain themselves. */
  #onceFunction(key: string, wanted: string, print: () => string): string {
    return this.#once(key, wanted, (name) => {
      const place = this.#functions.push("") - 1;
      this.#functions[place] = `function ${name}${print()}`;
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

  #writer(declaration: InterfaceDeclaration, format: CompiledFormat): string {
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
      // JSON leaves out what is undefined, which is there all the same; MessagePack has a form for it.
      const isDefined = format === "json" ? ` && ${access(property)} !== undefined` : "";
      return `if (own & ${bit}${isDefined})${below(statement)}`;
    });
    return block([
      this.#writerHead(this.imports.type(name, "./types.js"), format),
      `const own = ${call("to.object", ["value", names, `0b${required}`])};`,
      "if (own < 0) return;",
      ...lines,
      "to.close();",
    ]);
  }

  #writerHead(type: string, format: CompiledFormat): string {
    const writer = this.imports.type(`${suffix(format)}Writer`, CODEC);
    return `${list("(", [typed("value", type), typed("to", writer)], ")")}${only("types", ": void")} {`;
  }

  #readerHead(type: string, format: CompiledFormat): string {
    const reader = this.imports.type(`${suffix(format)}Reader`, CODEC);
    return `${list("(", [typed("from", reader)], ")")}${only("types", `: ${type}`)} {`;
  }

  /** The constant that holds the properties of an object. */
  #propertiesOf({ name, properties }: InterfaceDeclaration): string {
    return this.#once(`properties ${name}`, `propertiesOf${name}`, (constant) => {
      const names = properties.map((each) => literal(each.name));
      const value = call(`${pure}${this.imports.value("properties", CODEC)}`, names);
      // A single short text is no good place to break at.
      const isWhole = names.length === 1 && names.join("").length <= 20;
      this.#properties.push(`const ${constant} =${isWhole ? below(value) : fluid(value)};`);
    });
  }

  /** @param place The constant of the object's properties, and which of them it is. */
  #writeProperty(
    owner: InterfaceDeclaration,
    property: Property,
    place: readonly string[],
    format: CompiledFormat,
  ): string {
    const shape = this.#shapes.of(property.type);
    const key = call("to.key", place);
    // Where MessagePack's writer is handed undefined, it refuses the value.
    const isOpen = format === "msgpack" && !property.required;
    const value = access(property) + (isOpen ? only("types", "!") : "");
    const type = `${owner.name}[${literal(property.name)}]`;
    return `${this.#writeCall(key, shape, value, type, format)};`;
  }

  /** @param type The type of the value, seen from the object that it belongs to. */
  #writeCall(
    to: string,
    shape: Shape,
    value: string,
    type: string,
    format: CompiledFormat,
  ): string {
    switch (shape.kind) {
      case "null":
        return call(`${to}.scalar`, [value]);
      case "array":
      case "nullable":
        return call(`${to}.${shape.kind}`, [value, this.#partOf(shape, "write", type, format)]);
      case "object":
        return call(this.#function("write", shape.name, format), [value, to]);
      case "date":
        return call(this.imports.value("writeDate", CODEC), [value, to]);
      default:
        return call(`${to}.${shape.kind}`, [value]);
    }
  }

  /** @returns The function that writes or reads an array's items, or what is not null. */
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
              ? block([
                  this.#writerHead(type, format),
                  `${this.#writeCall("to", part, "value", type, format)};`,
                ])
              : block([
                  this.#readerHead(type, format),
                  `return ${this.#readCall(["from"], part, type, format)};`,
                ]),
        );
      default: {
        const kind = part.kind === "null" ? "scalar" : part.kind;
        const name = `${verb}${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
        return this.imports.value(name, CODEC);
      }
    }
  }

  #reader(declaration: InterfaceDeclaration, format: CompiledFormat): string {
    const { name, properties } = declaration;
    const names = this.#propertiesOf(declaration);
    const type = this.imports.type(name, "./types.js");
    const firstOptional = properties.findIndex(({ required }) => !required);
    const certain = firstOptional < 0 ? properties : properties.slice(0, firstOptional);
    const others = properties.slice(certain.length);
    const entries = certain.map(
      (property, i) =>
        `  ${propertyName(property.name)}:${fluid(this.#readProperty(declaration, property, ["from", call(".key", [names, `${i}`])], format))},`,
    );
    // The compiler is content as soon as all that is required is there.
    const isTyped = others.every(({ required }) => !required);
    const head = isTyped ? `${typed("const value", type)} =` : "const value =";
    const cast = certain.length > 0 ? ` as unknown as ${type}` : ` as ${type}`;
    const tail = isTyped ? ";" : `${only("types", cast)};`;
    const object =
      entries.length === 0 ? [head + below(`{}${tail}`)] : [`${head} {`, ...entries, `}${tail}`];
    const lines = others.map((property, i) => {
      const place = [names, `${certain.length + i}`];
      const from = property.required ? ["from", call(".key", place)] : ["from"];
      const read = this.#readProperty(declaration, property, from, format);
      // A call with nothing or little in its brackets is no good place to break at.
      const isWhole = !property.required && !/\(\w{21,}\)$/.test(fit(read));
      const statement = `${access(property)} =${isWhole ? below(read) : fluid(read)};`;
      return property.required
        ? statement
        : group(`if ${condition(call("from.has", place))}${indent(line + statement)}`);
    });
    return block([
      this.#readerHead(type, format),
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
    from: readonly string[],
    format: CompiledFormat,
  ): string {
    return this.#readCall(from, this.#shapes.of(type), `${owner.name}[${literal(name)}]`, format);
  }

  /**
   * @param from What is read from: each call a text, to be put on a line of its own where they do not fit.
   * @param type The type of the value, seen from the object that it belongs to.
   */
  #readCall(from: readonly string[], shape: Shape, type: string, format: CompiledFormat): string {
    switch (shape.kind) {
      case "array":
      case "nullable":
        return chain(from, call(`.${shape.kind}`, [this.#partOf(shape, "read", type, format)]));
      case "object":
        return call(this.#function("read", shape.name, format), [from.join("")]);
      case "date":
        return call(this.imports.value("readDate", CODEC), [from.join("")]);
      default:
        return chain(from, `.${shape.kind}()`);
    }
  }
}

/** Something with its type. */
function typed(name: string, type: string): string {
  return name + only("types", `: ${type}`);
}

/** What is asked, in brackets. */
function condition(text: string): string {
  return group(`(${indent(softline + text)}${softline})`);
}

/** Calls one after the other. */
function chain([first = "", ...others]: readonly string[], last: string): string {
  if (others.length === 0) return first + last;
  return group(first + indent([...others, last].map((each) => softline + each).join("")));
}

function suffix(format: CompiledFormat): string {
  return format === "json" ? "Json" : "Msgpack";
}

/** A function's head and the lines of its body. */
function block(lines: readonly string[]): string {
  return `${lines.join("\n  ")}\n}`;
}

function access({ name }: Property): string {
  const written = propertyName(name);
  return written === name ? `value.${name}` : `value[${written}]`;
}
