/** Properties whose names are the author's, not the specification's. */
const namedByAuthor = new Set(
  "properties patternProperties definitions $defs dependencies schemas messages channels operations parameters servers variables securitySchemes".split(
    " ",
  ),
);

/** Properties that hold data, in which `$ref` means nothing. */
const data = new Set(["example", "examples", "default", "const", "enum"]);

/** Whether the properties of a property's value are named by the document's author. */
export function isNamedByAuthor(key: string): boolean {
  return namedByAuthor.has(key);
}

/** Whether a property that the specification names holds data. */
export function holdsData(key: string): boolean {
  return data.has(key) || key.startsWith("x-");
}
