/** The part of the faker that the tests use. */
declare module "json-schema-faker" {
  export function generateSync(
    schema: object | boolean,
    options: {
      readonly seed: number;
      readonly optionalsProbability: number;
      readonly maxDepth: number;
    },
  ): unknown;
}

/** The part of the validator that the tests use. */
declare module "@cfworker/json-schema" {
  export class Validator {
    constructor(schema: object | boolean, draft: "2020-12", shortCircuit: boolean);
    validate(value: unknown): { readonly valid: boolean };
  }
}
