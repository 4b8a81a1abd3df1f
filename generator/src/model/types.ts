import { type DocumentNode, own } from "../document/node.js";
import type { DateForm, Int64Form } from "../generate-options.js";
import { breakCycles } from "./alias-cycles.js";
import { docOfSchema, noDoc } from "./doc.js";
import { isBinary } from "./encodings.js";
import { isBeyondNumbers, isInteger, isWithin32Bits } from "./integers.js";
import { ObjectParts } from "./object-parts.js";
import {
  narrowedValues,
  type SchemaDiscriminator,
  schemaDiscriminatorOf,
} from "./schema-discriminator.js";
import {
  contentOf,
  identityOf,
  inferredType,
  isDateTime,
  saysNull,
  warnInexact,
  warnRounded,
  warnUndeclared,
} from "./schema-keywords.js";
import { candidateNames, type GivenName, givenName, optionName } from "./schema-names.js";
import type { Doc, PlainType, Property, TypeDeclaration, TypeNode } from "./sdk.js";
import { contextOf, joined, type NameClaim, type TypeNames } from "./type-names.js";
import { intersection, isExact, nullable, plain, record, union } from "./type-node.js";
import { pascalCase, words } from "./words.js";

/** Converts schemas to types. A schema with a name is declared once and referred to. */
export class Types {
  readonly #names: TypeNames;
  readonly #dates: DateForm;
  readonly #int64: Int64Form;
  readonly #hasBytes: boolean;
  /** Schemas of integers beyond 2^53, by their ids. */
  readonly #beyond = new Map<string, DocumentNode>();
  /** Types of schemas that have a name, by the identity of the schema. */
  readonly #known = new Map<string, TypeNode>();
  /** Names reserved for components, so that earlier schemas do not take them. */
  readonly #promised = new Map<string, string>();
  /** Types and components by their wanted names and their content, for equal schemas. */
  readonly #equal = new Map<string, TypeNode | DocumentNode>();
  /** Declarations in the order of use; undefined while one is being created. */
  readonly #declarations = new Map<string, TypeDeclaration | undefined>();
  /** Named schemas that are not yet converted. */
  readonly #waiting: {
    readonly name: string;
    readonly schema: DocumentNode;
    readonly hint: readonly string[];
  }[] = [];
  #isMaking = false;
  /** Words of the type whose parts are being converted. */
  #owner: readonly string[] | undefined;

  /**
   * @param names Source of type names.
   * @param components The document's own schemas, which get their names first.
   * @param dates Type of a `date-time`.
   * @param int64 Type of an integer beyond 2^53.
   * @param hasBytes `true` if payloads may contain bytes.
   */
  constructor(
    names: TypeNames,
    components: readonly DocumentNode[],
    dates: DateForm,
    int64: Int64Form,
    hasBytes: boolean,
  ) {
    this.#names = names;
    this.#hasBytes = hasBytes;
    this.#dates = dates;
    this.#int64 = int64;
    const own = components.filter(({ ref }) => ref === undefined);
    for (const schema of inOrderOfNames(own)) {
      const candidates = [wordsOf(schema)];
      const claim = { id: schema.id, candidates, node: schema };
      this.#equal.set(`${names.wanted(claim)} ${contentOf(schema)}`, schema);
      this.#promised.set(identityOf(schema), names.claim(claim));
    }
  }

  /** @returns All requested types. */
  finish(): readonly TypeDeclaration[] {
    if (this.#int64 === "number") warnRounded([...this.#beyond.values()]);
    const made = [...this.#declarations.values()].flatMap((declaration) => declaration ?? []);
    return breakCycles(made, this.#names);
  }

  /**
   * The type of a schema.
   *
   * @param schema The schema, or a reference to one.
   * @param hint Words for a name, if the schema needs one and has none.
   */
  of(schema: DocumentNode, hint: readonly string[]): TypeNode {
    const { target } = schema;
    const key = identityOf(target);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const given =
      givenName(schema) ?? (schema.ref === undefined ? undefined : { words: hint, weak: false });
    if (given === undefined || !this.#deservesName(target, given)) {
      const type = this.#interpret(target, hint);
      // From now on references refer to the whole type, not only to an object in it that got a
      // name.
      if (this.#known.has(key)) this.#known.set(key, type);
      return type;
    }
    const equal = this.#findEqual(target, given, hint);
    if (equal.type !== undefined) {
      this.#known.set(key, equal.type);
      return equal.type;
    }
    const name = this.#promised.get(key) ?? this.#names.claim(equal.claim);
    const type = used(target, name);
    this.#known.set(key, type);
    this.#equal.set(equal.key, type);
    this.#declarations.set(name, undefined);
    this.#waiting.push({ name, schema: target, hint: given.words });
    this.#makeWaiting();
    return type;
  }

  /**
   * Finds the type of an equal schema that wants the same name.
   *
   * @param given The name that the document gives to the schema; undefined for one by its place.
   * @param form Distinguishes the object of a schema with alternatives from the whole.
   */
  #findEqual(
    target: DocumentNode,
    given: GivenName | undefined,
    hint: readonly string[],
    form = "",
  ): { readonly type?: TypeNode; readonly key: string; readonly claim: NameClaim } {
    const owner = this.#owner ?? withoutPayload(hint);
    const candidates = candidateNames({ target, given, owner, hint });
    const content = `${contentOf(target)}${form}`;
    const claim = {
      id: `${pascalCase(candidates[0] ?? hint)} ${content}`,
      candidates,
      node: target,
    };
    const key = `${this.#names.wanted(claim)} ${content}`;
    const equal = this.#equal.get(key);
    if (equal === undefined || this.#promised.has(identityOf(target))) return { key, claim };
    const type = "path" in equal ? this.of(equal, hint) : equal;
    return { type, key, claim };
  }

  /**
   * Converts waiting schemas one after the other: chains of references can be longer than the
   * stack.
   */
  #makeWaiting(): void {
    if (this.#isMaking) return;
    this.#isMaking = true;
    const outer = this.#owner;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { name, schema, hint } = next;
      this.#owner = words(name);
      const type = this.#interpret(schema, hint, name);
      if (this.#declarations.get(name) === undefined) {
        this.#declarations.set(name, { kind: "alias", name, doc: docOfType(schema, name), type });
      }
    }
    this.#isMaking = false;
    this.#owner = outer;
  }

  /**
   * Declares an interface of properties that belong to no single schema.
   *
   * @param place Its place in the document, which tells it from another one with the same hint.
   */
  declare(
    hint: readonly string[],
    doc: Doc,
    properties: readonly Property[],
    place?: DocumentNode,
  ): string {
    const name =
      place === undefined
        ? this.#names.take(hint)
        : this.#names.claim({
            id: place.id,
            candidates: [hint, joined(contextOf(place), hint), [...hint, "Type"]],
            node: place,
          });
    this.#declarations.set(name, {
      kind: "interface",
      name,
      doc,
      properties,
      others: undefined,
      index: undefined,
    });
    return name;
  }

  #deservesName(schema: DocumentNode, { weak }: GivenName): boolean {
    const { value } = schema;
    // `Date` expresses the format completely, and other members of an `allOf` must know it.
    if (this.#dates === "date" && own(value, "type") === "string" && isDateTime(schema))
      return false;
    if (!weak) return true;
    return ["properties", "oneOf", "anyOf", "allOf", "enum"].some(
      (key) => own(value, key) !== undefined,
    );
  }

  /**
   * @param as The name of the type. An object takes it without null, which is added wherever the
   * name is used. Without a name, an object gets one from the hint.
   */
  #interpret(schema: DocumentNode, hint: readonly string[], as?: string): TypeNode {
    const { value } = schema;
    if (value === false) return plain("never");
    const type = this.#core(schema, hint, as);
    return as === undefined && saysNull(schema) ? nullable(type) : type;
  }

  #core(schema: DocumentNode, hint: readonly string[], as: string | undefined): TypeNode {
    const { value } = schema;
    if (own(value, "const") !== undefined) {
      warnInexact(schema, [own(value, "const")]);
      return this.#literal(own(value, "const"), hint);
    }
    const values = own(value, "enum");
    if (Array.isArray(values)) {
      warnInexact(schema, values);
      if (isBeyondNumbers(schema) && values.every((each) => Number.isInteger(each)))
        return plain(this.#integer(schema));
      return union(values.map((item, i) => this.#literal(item, [...hint, String(i + 1)])));
    }
    const options = ["oneOf", "anyOf"].flatMap((key) => {
      const members = schema.get(key);
      return members !== undefined && Array.isArray(members.value)
        ? [this.#options(schema, members, hint)]
        : [];
    });
    if (options.length === 0 && schema.get("allOf") === undefined)
      return this.#plain(schema, hint, as);
    // The schema's own keywords and its allOf become one object if possible.
    const parts = ObjectParts.of(schema, options.length === 0);
    const whole = options.length === 0 ? as : undefined;
    const base = options.length === 0 || as === undefined ? hint : [...hint, "Base"];
    const object = parts === undefined ? undefined : this.#object(schema, parts, base, whole);
    const bases =
      object === undefined
        ? [
            this.#plain(schema, [...hint, "Base"], undefined),
            ...(schema.get("allOf")?.children ?? []).map((part, i) =>
              this.of(part, [...hint, "Part", String(i + 1)]),
            ),
          ]
        : [object];
    const members = [...bases, ...options];
    if (members.filter(({ kind }) => kind !== "unknown").length === 1) return intersection(members);
    return intersection(members.map((member) => this.#withName(member, hint)));
  }

  /** Gives a union inside of an intersection a name, so that it needs no brackets. */
  #withName(type: TypeNode, hint: readonly string[]): TypeNode {
    if (type.kind !== "union") return type;
    const name = this.#names.take([...hint, "Variant"]);
    this.#declarations.set(name, { kind: "alias", name, doc: noDoc, type });
    return { kind: "reference", name };
  }

  #options(schema: DocumentNode, members: DocumentNode, hint: readonly string[]): TypeNode {
    const all = members.children;
    const discriminator = schemaDiscriminatorOf(schema);
    return union(
      all.map((member, i) => {
        const type = this.of(member, [...hint, ...optionName(member, i, all.length)]);
        return discriminator === undefined ? type : this.#narrow(type, member, discriminator);
      }),
    );
  }

  /**
   * Adds literal types to a union's members if only the discriminator distinguishes them for
   * TypeScript.
   */
  #narrow(
    type: TypeNode,
    member: DocumentNode,
    { property, valuesFor }: SchemaDiscriminator,
  ): TypeNode {
    const schemas = ObjectParts.of(member.target, true)?.properties.get(property);
    const values = schemas === undefined ? [] : narrowedValues(valuesFor(member), schemas);
    if (values.length === 0) return type;
    const key = `${property} ${values.join(" ")}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const quoted = values.map((value) => `\`${value}\``).join(" or ");
      const doc = { ...noDoc, text: `What tells ${quoted} from its alternatives.` };
      const literal = union(values.map((value): TypeNode => ({ kind: "literal", value })));
      const hint = [...words(property), ...values.flatMap((value) => words(value))];
      const name = this.declare(hint, doc, [
        { name: property, type: literal, required: true, doc: noDoc },
      ]);
      known = { kind: "reference", name };
      this.#known.set(key, known);
    }
    return intersection([type, known]);
  }

  #plain(schema: DocumentNode, hint: readonly string[], as: string | undefined): TypeNode {
    const { value } = schema;
    const type = own(value, "type");
    if (Array.isArray(type)) {
      const solid = type.length > 1 ? type.filter((each) => each !== "null") : type;
      return union(
        solid.map((each) => this.#ofType(each, schema, hint, solid.length === 1 ? as : undefined)),
      );
    }
    return this.#ofType(type ?? inferredType(value), schema, hint, as);
  }

  #ofType(
    type: unknown,
    schema: DocumentNode,
    hint: readonly string[],
    as: string | undefined,
  ): TypeNode {
    switch (type) {
      case "string":
        if (this.#hasBytes && isBinary(schema)) return plain("bytes");
        if (!isDateTime(schema)) return plain(type);
        return plain(this.#dates === "date" ? "date" : "dateText");
      case "boolean":
      case "null":
        return plain(type);
      case "number":
      case "integer":
        return plain(isInteger(type, schema) ? this.#integer(schema) : "number");
      case "array":
        return this.#array(schema, hint);
      case "object": {
        const parts = ObjectParts.of(schema, false);
        return parts === undefined
          ? plain("unknown")
          : (this.#object(schema, parts, hint, as) ?? record(plain("unknown")));
      }
      default:
        return plain("unknown");
    }
  }

  #integer(schema: DocumentNode): PlainType {
    if (!isBeyondNumbers(schema)) return isWithin32Bits(schema) ? "number" : "integer";
    this.#beyond.set(schema.id, schema);
    return this.#int64 === "number" ? "integer" : int64Types[this.#int64];
  }

  #array(schema: DocumentNode, hint: readonly string[]): TypeNode {
    const items = schema.get("items");
    const prefix = schema.get("prefixItems") ?? (Array.isArray(items?.value) ? items : undefined);
    if (prefix === undefined) {
      const item = items === undefined ? plain("unknown") : this.of(items, [...hint, "Item"]);
      return { kind: "array", item };
    }
    const others = schema.get("prefixItems") === undefined ? schema.get("additionalItems") : items;
    const rest = others === undefined ? plain("unknown") : this.of(others, [...hint, "Rest"]);
    const types = prefix.children.map((item, i) => this.of(item, [...hint, "Item", String(i + 1)]));
    return tuple(types, rest, schema);
  }

  /** @returns Undefined if the parts do not describe an object. */
  #object(
    schema: DocumentNode,
    parts: ObjectParts,
    hint: readonly string[],
    as: string | undefined,
  ): TypeNode | undefined {
    if (!parts.isObject) return undefined;
    const index = parts.others.map((other) => this.of(other, [...hint, "Value"]));
    if (parts.properties.size === 0) {
      const value = index.length > 0 ? union(index) : plain(parts.closed ? "never" : "unknown");
      return record(value);
    }
    let name = as;
    if (name === undefined) {
      const hasOptions = schema.has("oneOf") || schema.has("anyOf");
      const equal = this.#findEqual(schema, undefined, hint, hasOptions ? " object" : "");
      if (equal.type !== undefined) return equal.type;
      name = this.#names.claim(equal.claim);
      this.#equal.set(equal.key, { kind: "reference", name });
      this.#declarations.set(name, undefined);
      if (!this.#known.has(identityOf(schema)))
        this.#known.set(identityOf(schema), used(schema, name));
    }
    const outer = this.#owner;
    this.#owner = words(name);
    const properties = [...parts.properties].map(([key, schemas]): Property => {
      const [first] = schemas;
      return {
        name: key,
        type: intersection(schemas.map((each) => this.of(each, [...words(name), ...words(key)]))),
        required: parts.required.has(key),
        doc: first === undefined ? noDoc : docOfSchema(first),
      };
    });
    this.#owner = outer;
    for (const key of parts.required) {
      if (!parts.properties.has(key)) continue;
      if (parts.properties.get(key)?.length === 0) warnUndeclared(schema, key, parts.properties);
    }
    this.#declarations.set(name, {
      kind: "interface",
      name,
      doc: docOfType(schema, name),
      properties,
      others: index.length === 0 ? undefined : union(index),
      index: index.length === 0 ? undefined : union([...index, ...properties.map(readable)]),
    });
    return { kind: "reference", name };
  }

  #literal(value: unknown, hint: readonly string[]): TypeNode {
    if (value === null) return plain("null");
    if (typeof value === "string" || typeof value === "boolean") return { kind: "literal", value };
    if (typeof value === "number")
      return isExact(value) ? { kind: "literal", value } : plain("number");
    if (Array.isArray(value)) {
      const items = value.map((item, i) => ({
        type: this.#literal(item, [...hint, String(i + 1)]),
        optional: false,
      }));
      return { kind: "tuple", items, rest: undefined };
    }
    if (typeof value !== "object") return plain("unknown");
    const entries = Object.entries(value);
    if (entries.length === 0) return record(plain("never"));
    const properties = entries.map(([name, item]) => ({
      name,
      type: this.#literal(item, [...hint, ...words(name)]),
      required: true,
      doc: noDoc,
    }));
    return { kind: "reference", name: this.declare(hint, noDoc, properties) };
  }
}

const int64Types = { bigint: "bigint", string: "integerText" } as const;

/** Maximum number of items after the listed ones that a tuple lists because of its bounds. */
const MOST_BOUNDED_ITEMS = 8;

/** @param rest Type of the items after the listed ones. */
function tuple(listed: readonly TypeNode[], rest: TypeNode, { value }: DocumentNode): TypeNode {
  const bound = (keyword: string, otherwise: number): number => {
    const number = own(value, keyword);
    return typeof number === "number" ? number : otherwise;
  };
  const least = bound("minItems", 0);
  const most = rest.kind === "never" ? listed.length : bound("maxItems", Number.POSITIVE_INFINITY);
  const isClosed = most <= listed.length + MOST_BOUNDED_ITEMS;
  const length = isClosed
    ? most
    : Math.min(Math.max(least, listed.length), listed.length + MOST_BOUNDED_ITEMS);
  const items = Array.from({ length }, (_, i) => ({
    type: listed[i] ?? rest,
    optional: i >= least,
  }));
  return { kind: "tuple", items, rest: isClosed ? undefined : rest };
}

/** A named type at its place of use. */
function used(schema: DocumentNode, name: string): TypeNode {
  const reference: TypeNode = { kind: "reference", name };
  return saysNull(schema) ? nullable(reference) : reference;
}

/** The doc comment of a type, without a title that only repeats the name. */
function docOfType(schema: DocumentNode, name: string): Doc {
  const doc = docOfSchema(schema);
  return pascalCase(words(doc.text ?? "")) === name ? { ...doc, text: undefined } : doc;
}

/** The type of a property's value when it is read. */
function readable({ type, required }: Property): TypeNode {
  return required ? type : union([type, plain("undefined")]);
}

/** The words of a component's name. */
function wordsOf(component: DocumentNode): readonly string[] {
  return words(component.text("x-alternats-name") ?? component.key);
}

/**
 * Components in an order that does not depend on the document: of several that want one name, the
 * first is one with exactly this name.
 */
function inOrderOfNames(components: readonly DocumentNode[]): readonly DocumentNode[] {
  const isExact = (each: DocumentNode): boolean => pascalCase(wordsOf(each)) === each.key;
  return components.toSorted(
    (a, b) => Number(isExact(b)) - Number(isExact(a)) || (a.key < b.key ? -1 : 1),
  );
}

/** The words of a message from those of its payload. */
function withoutPayload(hint: readonly string[]): readonly string[] {
  return hint.length > 1 && hint.at(-1) === "Payload" ? hint.slice(0, -1) : hint;
}
