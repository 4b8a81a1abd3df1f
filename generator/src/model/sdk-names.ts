import { Names, reservedConstants } from "./names.js";
import type { Channel } from "./sdk.js";
import { type NamePlan, TypeNames } from "./type-names.js";
import { camelCase, capitalized, iteratorName } from "./words.js";

/** Sides of an operation that have functions in an SDK. */
export type Sides = Pick<Channel, "sends" | "listens">;

/**
 * All names that an SDK exports, grouped by files that must not share a name. Imports between the
 * files, and of a program from them, never collide.
 */
export class SdkNames {
  /** The types of `types.ts`, `keys.ts`, `channels.ts` and `servers.ts`. */
  readonly types: TypeNames;
  readonly #servers = new Names(reservedConstants);
  readonly #keys = new Names(reservedConstants);
  readonly #channels = new Names(reservedConstants);
  /** The functions of `operations.ts`. */
  readonly #functions = new Names([]);

  /** @param plan Decisions about the names of types. */
  constructor(plan: NamePlan) {
    this.types = new TypeNames(plan);
  }

  /**
   * Takes a type's name.
   *
   * @param word Word that is added if a schema wants the same name.
   */
  type(wanted: readonly string[], word?: string): string {
    return this.types.take(wanted, word);
  }

  /** Takes the name of a constant of `keys.ts`. */
  key(wanted: readonly string[]): string {
    return takeConstant(this.#keys, wanted, "Channel");
  }

  /** Takes the name of a function of `servers.ts`. */
  server(wanted: readonly string[]): string {
    return takeConstant(this.#servers, wanted, "Server");
  }

  /** Takes the name of a constant of `channels.ts`. */
  channel(wanted: readonly string[], suffix = "Channel"): string {
    return takeConstant(this.#channels, wanted, suffix);
  }

  /**
   * Takes the names of the functions of a channel or procedure. Two operations may share their words
   * if they have different functions.
   *
   * @param sides Sides that have a function.
   * @param candidates Possible words after the verbs, the best first.
   * @returns The first candidate without a conflict; with a number appended if all conflict.
   */
  operation(
    kind: Channel["kind"],
    sides: Sides,
    candidates: readonly (readonly string[])[],
  ): readonly string[] {
    return this.#functionsOf((base) => functionNames(kind, sides, base), candidates);
  }

  /** Takes the name of a responder's function, as {@link operation} does. */
  responder(candidates: readonly (readonly string[])[]): readonly string[] {
    return this.#functionsOf((base) => [`respond${capitalized(base)}`], candidates);
  }

  #functionsOf(
    names: (base: readonly string[]) => readonly string[],
    candidates: readonly (readonly string[])[],
  ): readonly string[] {
    const isFree = (base: readonly string[]): boolean =>
      names(base).every((name) => this.#functions.free(name));
    const [first = []] = candidates;
    let settled = candidates.find(isFree) ?? first;
    for (let n = 2; !isFree(settled); n++) settled = [...first, String(n)];
    for (const name of names(settled)) this.#functions.take(name);
    return settled;
  }
}

function takeConstant(names: Names, wanted: readonly string[], suffix: string): string {
  const name = camelCase(wanted);
  return names.take(names.free(name) ? name : `${name}${suffix}`);
}

function functionNames(
  kind: Channel["kind"],
  { sends, listens }: Sides,
  base: readonly string[],
): readonly string[] {
  const name = capitalized(base);
  const [sending, listening] =
    kind === "procedure"
      ? [`request${name}`, [`respond${name}`]]
      : [`publish${name}`, [`subscribe${name}`, iteratorName(base)]];
  return [...(sends ? [sending] : []), ...(listens ? listening : [])];
}
