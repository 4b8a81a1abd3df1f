/** Properties whose keys are chosen by the document's author, not by the specification. */
const namedByAuthor = new Set(
  "properties patternProperties definitions $defs dependencies schemas messages channels operations parameters servers variables securitySchemes".split(
    " ",
  ),
);

/** Properties with data, in which `$ref` has no meaning. */
const data = new Set(["example", "examples", "default", "const", "enum"]);

/** Properties that contain schemas. */
const schemaPlaces = new Set(
  "payload headers schema schemas properties patternProperties items prefixItems additionalProperties allOf anyOf oneOf not definitions $defs".split(
    " ",
  ),
);

/** Property names on which the parser fails, although they are valid, with a replacement for each. */
export const harmfulNames: ReadonlyMap<string, string> = new Map([
  ["__proto__", "__prot0__"],
  ["hasOwnProperty", "hasOwnPropert_"],
]);

/** Checks if a property of the specification contains schemas. */
export function holdsSchemas(key: string): boolean {
  return schemaPlaces.has(key);
}

/** Checks if the keys of a property's value are chosen by the document's author. */
export function isNamedByAuthor(key: string): boolean {
  return namedByAuthor.has(key);
}

/** Checks if a property of the specification contains data. */
export function holdsData(key: string): boolean {
  return data.has(key) || key.startsWith("x-");
}

/** Properties of the specification that have no effect on an SDK. */
const withoutEffect = new Set(
  "info tags externalDocs security securitySchemes example examples description summary deprecated".split(
    " ",
  ),
);

/**
 * Checks for a place that has no effect on the code of an SDK: `info`, tags, security, examples,
 * descriptions, and bindings of other protocols.
 *
 * @param path Path from the root of the document.
 */
export function hasNoEffect(path: readonly string[]): boolean {
  let named = false;
  for (const [i, step] of path.entries()) {
    if (!named && withoutEffect.has(step)) return true;
    if (!named && step === "bindings") return path[i + 1] !== undefined && path[i + 1] !== "nats";
    named = !named && isNamedByAuthor(step);
  }
  return false;
}
