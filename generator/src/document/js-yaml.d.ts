/** The used part of js-yaml, which has no types of its own. */
declare module "js-yaml" {
  export class Type {
    constructor(
      tag: string,
      options: {
        readonly kind: "scalar";
        readonly resolve: (text: string | null) => boolean;
        readonly construct: (text: string | null) => unknown;
      },
    );
  }
  export interface Schema {
    extend(types: { readonly implicit: readonly Type[] }): Schema;
  }
  export const FAILSAFE_SCHEMA: Schema;
  export function load(text: string, options: { readonly schema: Schema }): unknown;
}
