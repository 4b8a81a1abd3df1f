/**
 * Modelina's renderer without its input processors, which take most of a second to load. The build bundles it
 * from the package; see scripts/parts.js.
 */
export {
  AnyModel,
  ArrayModel,
  BooleanModel,
  ConstrainedDictionaryModel,
  type ConstrainedMetaModel,
  DictionaryModel,
  EnumModel,
  EnumValueModel,
  FloatModel,
  InputMetaModel,
  IntegerModel,
  type MetaModel,
  type MetaModelOptions,
  ObjectModel,
  ObjectPropertyModel,
  type Presets,
  ReferenceModel,
  StringModel,
  TupleModel,
  TupleValueModel,
  TypeScriptGenerator,
  type TypeScriptOptions,
  type TypeScriptPreset,
  UnionModel,
} from "@asyncapi/modelina";
