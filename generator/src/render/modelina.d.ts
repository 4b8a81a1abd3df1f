/**
 * Modelina's renderer without its input processors, which would take most of a second to load. The build
 * bundles it from the package; see scripts/parts.js.
 */
export {
  AnyModel,
  InputMetaModel,
  ObjectModel,
  ObjectPropertyModel,
  TypeScriptGenerator,
} from "@asyncapi/modelina";
