import type { Doc, InterfaceDeclaration, TypeDeclaration, TypeNode } from "../model/sdk.js";
import { keyText } from "./literal.js";
import {
  AnyModel,
  ArrayModel,
  BooleanModel,
  DictionaryModel,
  EnumModel,
  EnumValueModel,
  FloatModel,
  IntegerModel,
  type MetaModel,
  type MetaModelOptions,
  ObjectModel,
  ObjectPropertyModel,
  ReferenceModel,
  StringModel,
  TupleModel,
  TupleValueModel,
  UnionModel,
} from "./modelina.js";

/** Modelina's name for the properties of an object that the document does not list. */
const OTHERS = "additionalProperties";

/** A model of Modelina, before or after its names are decided. */
interface Model {
  readonly originalInput: unknown;
}

/**
 * The types of an SDK as models of Modelina. The `originalInput` of each is the document's schema, which presets can
 * use.
 */
export class Models {
  readonly #kinds: ReadonlyMap<string, TypeDeclaration["kind"]>;
  readonly #docs = new Map<unknown, Doc>();
  readonly #types = new Map<unknown, TypeNode>();

  /** @param declarations All types of the SDK. */
  constructor(declarations: readonly TypeDeclaration[]) {
    this.#kinds = new Map(declarations.map(({ name, kind }) => [name, kind]));
  }

  /** The documentation of a declaration or property. */
  docOf({ originalInput }: Model): Doc | undefined {
    return this.#docs.get(originalInput);
  }

  /** The type of a model without null; undefined for an interface. */
  typeOf({ originalInput }: Model): TypeNode | undefined {
    return this.#types.get(originalInput);
  }

  /** Creates the model of a declaration. */
  of(declaration: TypeDeclaration): MetaModel {
    const { name, doc } = declaration;
    const input = this.#input(doc);
    if (declaration.kind === "alias") return this.#ofType(name, declaration.type, input);
    return new ObjectModel(name, input, {}, this.#properties(declaration));
  }

  #properties({ properties, index }: InterfaceDeclaration): Record<string, ObjectPropertyModel> {
    // The keys are quoted names: Modelina stores properties in an object, where an unquoted `1` would be first.
    const models = properties.map(({ name, type, required, doc }) => {
      const model = this.#ofType(name, type, this.#input(doc));
      return [keyText(name), new ObjectPropertyModel(name, required, model)] as const;
    });
    if (index === undefined) return Object.fromEntries(models);
    const others = this.#dictionary(OTHERS, index, {}, {}, "unwrap");
    return Object.fromEntries([
      ...models,
      [`[${OTHERS}]`, new ObjectPropertyModel(OTHERS, false, others)],
    ]);
  }

  #input(doc: Doc): object {
    const input = { ...doc.schema, description: doc.text };
    this.#docs.set(input, doc);
    return input;
  }

  #ofType(
    name: string,
    type: TypeNode,
    input: object = {},
    options: MetaModelOptions = {},
  ): MetaModel {
    this.#types.set(input, type);
    switch (type.kind) {
      case "string":
      case "dateText":
      case "integerText":
        return new StringModel(name, input, options);
      case "integer":
        return new IntegerModel(name, input, options);
      case "bigint":
        return new IntegerModel(name, input, { ...options, format: "bigint" });
      case "date":
        return new StringModel(name, input, { ...options, format: "date-time" });
      case "bytes":
        return new StringModel(name, input, { ...options, format: "binary" });
      case "number": {
        const isInteger = "type" in input && input.type === "integer";
        return new (isInteger ? IntegerModel : FloatModel)(name, input, options);
      }
      case "boolean":
        return new BooleanModel(name, input, options);
      case "literal":
        return constant(name, type.value, input, options);
      case "reference": {
        const Referred = this.#kinds.get(type.name) === "interface" ? ObjectModel : AnyModel;
        // Without its content: Modelina would process it again for each reference.
        const referred = new Referred(type.name, undefined, {}, {});
        return new ReferenceModel(name, input, options, referred);
      }
      case "array":
        return new ArrayModel(name, input, options, this.#ofType(name, type.item));
      case "tuple": {
        const rest = type.rest === undefined ? [] : [{ kind: "array", item: type.rest } as const];
        const items = [...type.items.map((item) => item.type), ...rest];
        const values = items.map((each, i) => new TupleValueModel(i, this.#ofType(name, each)));
        return new TupleModel(name, input, options, values);
      }
      case "record":
        return this.#dictionary(name, type.value, input, options, "normal");
      case "union":
        return this.#union(name, type.members, input, options);
      default:
        // Modelina has no model for null, never or intersections.
        return new AnyModel(name, input, options);
    }
  }

  #dictionary(
    name: string,
    value: TypeNode,
    input: object,
    options: MetaModelOptions,
    form: "normal" | "unwrap",
  ): DictionaryModel {
    const key = new StringModel(name, {}, {});
    return new DictionaryModel(name, input, options, key, this.#ofType(name, value), form);
  }

  #union(
    name: string,
    members: readonly TypeNode[],
    input: object,
    options: MetaModelOptions,
  ): MetaModel {
    const solid = members.filter(({ kind }) => kind !== "null");
    const isNullable = solid.length < members.length;
    const all = isNullable ? { ...options, isNullable } : options;
    const [only] = solid;
    if (only !== undefined && solid.length === 1) return this.#ofType(name, only, input, all);
    const values = solid.flatMap((member) => (member.kind === "literal" ? [member.value] : []));
    if (values.length < solid.length) {
      const models = solid.map((member) => this.#ofType(name, member));
      return new UnionModel(name, input, all, models);
    }
    const entries = [...values, ...(isNullable ? [null] : [])].map(
      (value) => new EnumValueModel(String(value), value),
    );
    return new EnumModel(name, input, options, entries);
  }
}

/** Creates the model of a single value. */
function constant(
  name: string,
  value: string | number | boolean,
  input: object,
  options: MetaModelOptions,
): MetaModel {
  const all = { ...options, const: { originalInput: value } };
  if (typeof value === "string") return new StringModel(name, input, all);
  if (typeof value === "boolean") return new BooleanModel(name, input, all);
  return new (Number.isInteger(value) ? IntegerModel : FloatModel)(name, input, all);
}
