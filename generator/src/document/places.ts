/** Properties whose keys are chosen by the document's author, not by the specification. */
const namedByAuthor = new Set(
  "properties patternProperties definitions $defs dependencies schemas messages channels operations parameters servers variables securitySchemes".split(
    " ",
  ),
);

/** Properties with data, in which `$ref` has no meaning. */
const data = new Set(["example", "examples", "default", "const", "enum"]);

/** Checks if the keys of a property's value are chosen by the document's author. */
export function isNamedByAuthor(key: string): boolean {
  return namedByAuthor.has(key);
}

/** Checks if a property of the specification contains data. */
export function holdsData(key: string): boolean {
  return data.has(key) || key.startsWith("x-");
}
