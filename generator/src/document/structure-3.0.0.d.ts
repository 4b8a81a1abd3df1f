/** Checks a resolved document against the JSON Schema of AsyncAPI 3.0.0. The build makes this module. */
declare const isStructured: (document: unknown) => boolean;
export default isStructured;
