import type { TypeDeclaration } from "../model/sdk.js";
import { docComment } from "./doc-comment.js";
import { keyText, literal, propertyName } from "./literal.js";
import {
  ConstrainedDictionaryModel,
  type ConstrainedMetaModel,
  InputMetaModel,
  type MetaModel,
  type Presets,
  TypeScriptGenerator,
  type TypeScriptOptions,
  type TypeScriptPreset,
} from "./modelina.js";
import { Models } from "./models.js";
import { distinctTexts, typeText } from "./type-text.js";

/** One of the user's presets fails. */
export class PresetError extends Error {
  readonly code = "preset";

  constructor(cause: unknown) {
    super(`A preset of Modelina fails: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = "PresetError";
  }
}

/** The content of `types.ts`. */
export interface TypesView {
  /** The imports of the user's presets. */
  readonly dependencies: readonly string[];
  /** The declarations in order, each with the comments before it. */
  readonly declarations: readonly { readonly comments: string; readonly text: string }[];
}

/**
 * Renders declarations with Modelina. The user's presets run after the built-in ones. A declaration or property that
 * then has no comment gets the document's description.
 *
 * @throws PresetError
 */
export async function renderTypes(
  declarations: readonly TypeDeclaration[],
  presets: readonly object[] = [],
): Promise<TypesView> {
  const models = new Models(declarations);
  const input = new InputMetaModel();
  for (const declaration of declarations) input.models[declaration.name] = models.of(declaration);
  const generator = new Declarations({
    modelType: "interface",
    enumType: "union",
    constraints,
    typeMapping: typeMapping(models),
    presets: [
      propertyPreset(models),
      ...(presets as Presets<TypeScriptPreset>),
      propertyDocPreset(models),
    ],
  });
  const outputs = await generator.generate(input).catch((error: unknown) => {
    throw presets.length > 0 ? new PresetError(error) : error;
  });
  // Modelina returns unions first.
  const texts = new Map(outputs.map(({ modelName, result }) => [modelName, result]));
  return {
    dependencies: [...new Set(outputs.flatMap(({ dependencies }) => dependencies))],
    declarations: declarations.flatMap(({ name, doc }) => {
      const result = texts.get(name)?.trim() ?? "";
      const [own = ""] = leadingComments.exec(result) ?? [];
      if (result === "") return [];
      return { comments: own || docComment(doc), text: result.slice(own.length) };
    }),
  };
}

const leadingComments = /^(?:\/\*[\s\S]*?\*\/\s*|\/\/.*\s*)*/;

/**
 * Generator of declarations for complete models: no part of a declaration becomes a separate one.
 */
class Declarations extends TypeScriptGenerator {
  override splitMetaModel(model: MetaModel): MetaModel[] {
    return [model];
  }
}

const merged = TypeScriptGenerator.getOptions;

// Modelina merges all options into its defaults four times for each model, a fifth of the time to render an SDK.
TypeScriptGenerator.getOptions = (options) =>
  options?.dependencyManager === undefined ? merged(options) : (options as TypeScriptOptions);

/** Keeps all names: the model has already decided them. */
const constraints: TypeScriptOptions["constraints"] = {
  modelName: ({ modelName }) => modelName,
  propertyKey: ({ objectPropertyModel }) => keyText(objectPropertyModel.propertyName),
  enumKey: ({ enumKey }) => enumKey,
  enumValue: ({ enumValue }) => literal(enumValue),
  constant: ({ constrainedMetaModel }) =>
    literal(constrainedMetaModel.options.const?.originalInput),
};

const formats: Readonly<Record<string, string>> = {
  "date-time": "Date",
  binary: "Uint8Array",
  bigint: "bigint",
};

function typeMapping(models: Models): TypeScriptOptions["typeMapping"] {
  /** Writes a type before an operator. */
  const operand = (model: ConstrainedMetaModel): string => {
    const kind = models.typeOf(model)?.kind;
    const isOne = kind !== "union" && kind !== "intersection" && !model.options.isNullable;
    return isOne ? model.type : `(${model.type})`;
  };
  const nullable = ({ options }: ConstrainedMetaModel, type: string): string =>
    options.isNullable ? `${type} | null` : type;
  const plain =
    (type: string) =>
    ({ constrainedModel }: { readonly constrainedModel: ConstrainedMetaModel }): string => {
      const { const: only, format = "" } = constrainedModel.options;
      const text = only === undefined ? (formats[format] ?? type) : literal(only.originalInput);
      return nullable(constrainedModel, text);
    };
  return {
    Object: ({ constrainedModel }) => constrainedModel.name,
    Reference: ({ constrainedModel: model }) => nullable(model, model.ref.name),
    Any: ({ constrainedModel: model }) => {
      const type = models.typeOf(model);
      return nullable(model, type === undefined ? model.name : typeText(type));
    },
    Float: plain("number"),
    Integer: plain("number"),
    String: plain("string"),
    Boolean: plain("boolean"),
    Array: ({ constrainedModel: model }) => nullable(model, `${operand(model.valueModel)}[]`),
    Tuple: ({ constrainedModel: model }) => {
      const type = models.typeOf(model);
      const { items } = type?.kind === "tuple" ? type : { items: [] };
      const texts = model.tuple.map(({ value }, i) => {
        const item = items[i];
        if (item === undefined) return `...${value.type}`;
        return item.optional ? `${operand(value)}?` : value.type;
      });
      return nullable(model, `[${texts.join(", ")}]`);
    },
    Enum: ({ constrainedModel: model }) =>
      nullable(model, model.values.map(({ value }) => String(value)).join(" | ")),
    Union: ({ constrainedModel: model }) => {
      const members = model.union.map((member) =>
        models.typeOf(member)?.kind === "intersection" ? operand(member) : member.type,
      );
      return nullable(model, distinctTexts(members));
    },
    Dictionary: ({ constrainedModel: model }) =>
      nullable(model, `Record<string, ${model.value.type}>`),
  };
}

/** Writes properties. An optional property may also be undefined, because JSON leaves it out then. */
function propertyPreset(models: Models): TypeScriptPreset {
  return {
    interface: {
      property({ property: { unconstrainedPropertyName: name, property: model, required } }) {
        if (model instanceof ConstrainedDictionaryModel && model.serializationType === "unwrap")
          return `[key: string]: ${model.value.type};`;
        if (required) return `${propertyName(name)}: ${model.type};`;
        const kind = models.typeOf(model)?.kind;
        const type = kind === "intersection" ? `(${model.type})` : model.type;
        const optional =
          kind === "unknown" ? type : kind === "never" ? "undefined" : `${type} | undefined`;
        return `${propertyName(name)}?: ${optional};`;
      },
    },
  };
}

function propertyDocPreset(models: Models): TypeScriptPreset {
  return {
    interface: {
      property({ content, property }) {
        const doc = models.docOf(property.property);
        if (doc === undefined || content === "" || /^\s*\/[*/]/.test(content)) return content;
        return docComment(doc, 2) + content;
      },
    },
  };
}
