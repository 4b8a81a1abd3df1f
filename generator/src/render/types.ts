import type { InterfaceDeclaration, TypeDeclaration, TypeNode } from "../model/sdk.js";
import { union } from "../model/type-node.js";
import { docComment } from "./doc-comment.js";
import { fluid } from "./layout.js";
import { propertyName } from "./literal.js";
import {
  AnyModel,
  InputMetaModel,
  ObjectModel,
  ObjectPropertyModel,
  TypeScriptGenerator,
} from "./modelina.js";
import { typeText } from "./type-text.js";

/**
 * Renders type declarations with Modelina. It gets models that are named and typed already, so that
 * nothing is left for it to decide; each carries what its text is made of as `originalInput`.
 */
export async function renderTypes(declarations: readonly TypeDeclaration[]): Promise<string> {
  const input = new InputMetaModel();
  for (const declaration of declarations) input.models[declaration.name] = toModel(declaration);
  const models = await generator.generate(input);
  return models.map(({ result }) => result).join("\n\n");
}

function toModel(declaration: TypeDeclaration): ObjectModel | AnyModel {
  const { name } = declaration;
  if (declaration.kind === "alias") return new AnyModel(name, declaration, {});
  const properties = declaration.properties.map((property) => {
    const model = new AnyModel(property.name, property, {});
    return [
      safeKey(property.name),
      new ObjectPropertyModel(property.name, property.required, model),
    ];
  });
  return new ObjectModel(name, declaration, {}, Object.fromEntries(properties));
}

/** Modelina keeps properties in an object, where `__proto__` would be lost and `1` come first. */
function safeKey(name: string): string {
  return `_${name}`;
}

const generator = new TypeScriptGenerator({
  modelType: "interface",
  constraints: {
    modelName: ({ modelName }) => modelName,
    propertyKey: ({ objectPropertyModel }) => safeKey(objectPropertyModel.propertyName),
  },
  typeMapping: { Any: () => "unknown" },
  presets: [
    {
      interface: {
        async self({ model, renderer }) {
          const { name, doc }: InterfaceDeclaration = model.originalInput;
          const body = [
            await renderer.renderProperties(),
            await renderer.runAdditionalContentPreset(),
          ];
          const text = body.filter((part) => part !== "").join("\n");
          return `${docComment(doc)}export interface ${name} {\n${text}\n}`;
        },
        property({ property }) {
          const { name, type, required, doc } = property.property.originalInput;
          return `${docComment(doc, "  ")}  ${propertyName(name)}${required ? "" : "?"}: ${propertyType(type, required)};`;
        },
        additionalContent({ model }) {
          const { index }: InterfaceDeclaration = model.originalInput;
          return index === undefined ? "" : `  [key: string]: ${typeText(index, "property")};`;
        },
      },
      type: {
        self({ model }) {
          const { name, type, doc } = model.originalInput;
          return `${docComment(doc)}export type ${name} =${aliasText(type)};`;
        },
      },
    },
  ],
});

/** An optional property may also be there and undefined, as JSON leaves it out all the same. */
function propertyType(type: TypeNode, required: boolean): string {
  return typeText(required ? type : union([type, { kind: "undefined" }]), "property");
}

function aliasText(type: TypeNode): string {
  const text = typeText(type, "alias");
  return type.kind === "union" ? text : fluid(text);
}
