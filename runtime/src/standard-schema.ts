/**
 * A validator that follows Standard Schema, for example of zod, valibot or arktype. The type covers
 * only the part that the engine uses.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output> {
  /** The property that marks a Standard Schema validator. */
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** Result of a validator. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** A problem that a validator found in a value. */
export interface SchemaIssue {
  /** Description of the problem, for people. */
  readonly message: string;
  /** Path to the problem within the value, from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
