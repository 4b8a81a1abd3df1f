import { checkOptions, type Kind, shown } from "../arguments.js";
import { InvalidArgumentError } from "../errors.js";

/** Declaration of an option: the kind of its values, and its default. The type, checks and messages follow from it. */
export interface Option<T> extends Kind {
  /** Default; `undefined` for an option that may stay open. */
  readonly fallback: T;
}

/** Declarations of options by their names. */
export type Declarations = { readonly [name: string]: Option<unknown> };

type Value<O> = O extends Option<infer T> ? T : never;

/** Options that a caller gives: all optional. */
export type Given<D extends Declarations> = {
  readonly [N in keyof D]?: Exclude<Value<D[N]>, undefined>;
};

/** Options with all defaults. Those without a default may be missing. */
export type Resolved<D extends Declarations> = {
  readonly [N in keyof D as undefined extends Value<D[N]> ? never : N]: Value<D[N]>;
} & {
  readonly [N in keyof D as undefined extends Value<D[N]> ? N : never]?: Exclude<
    Value<D[N]>,
    undefined
  >;
};

/**
 * Declares an option.
 *
 * @param kind Kind of its values.
 * @param fallback Default; `undefined` for none.
 */
export function option<T>({ words, is }: Kind, fallback: T): Option<T> {
  return { words, is, fallback };
}

/** @returns The kind of whole numbers from a smallest one on, or to a largest one. */
export function wholeNumber(least: number, most?: number): Kind {
  return {
    words: `a whole number from ${least} ${most === undefined ? "on" : `to ${most}`}`,
    is: (value) =>
      Number.isSafeInteger(value) &&
      (value as number) >= least &&
      (value as number) <= (most ?? Number.MAX_SAFE_INTEGER),
  };
}

/**
 * Fills in the defaults and checks the values.
 *
 * @param declared The declarations.
 * @param given Options of the caller; `undefined` stands for the default.
 * @returns The options of the caller and the defaults of the others.
 * @throws InvalidArgumentError naming the option that is unknown or has a wrong value.
 */
export function resolve<D extends Declarations>(
  declared: D,
  given: { readonly [N in keyof D]?: unknown },
): Resolved<D> {
  checkOptions(given);
  const resolved: Record<string, unknown> = {};
  for (const [name, { fallback }] of Object.entries(declared)) {
    if (fallback !== undefined) resolved[name] = fallback;
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const known = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (known === undefined) {
      const names = Object.keys(declared).sort().join(", ");
      throw new InvalidArgumentError(`There is no option "${name}". There are ${names}.`);
    }
    if (!known.is(value)) throw wrongOption(name, known.words, value);
    resolved[name] = value;
  }
  return resolved as Resolved<D>;
}

/** @returns The error for an option with a wrong value; a long text is cut. */
export function wrongOption(name: string, wanted: string, value: unknown): InvalidArgumentError {
  const found = shown(typeof value === "string" ? value.slice(0, 100) : value);
  return new InvalidArgumentError(`The option "${name}" must be ${wanted}, not ${found}.`);
}
