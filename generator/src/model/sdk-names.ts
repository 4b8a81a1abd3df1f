import { Names, reservedConstants, reservedTypes } from "./names.js";
import type { Channel } from "./sdk.js";
import { camelCase, capitalized, pascalCase } from "./words.js";

/**
 * All names that an SDK exports, grouped by files that must not share a name. Imports between the
 * files, and of a program from them, never collide.
 */
export class SdkNames {
  /** The types of `types.ts`, `keys.ts`, `channels.ts` and `servers.ts`. */
  readonly types = new Names(reservedTypes);
  readonly #servers = new Names(reservedConstants);
  readonly #keys = new Names(reservedConstants);
  readonly #channels = new Names(reservedConstants);
  /** The functions of `operations.ts`. */
  readonly #functions = new Names([]);

  /** Takes a type's name. */
  type(wanted: readonly string[]): string {
    const name = pascalCase(wanted);
    return this.types.take(this.types.reserves(name) ? `${name}Type` : name);
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
   * Takes the names of the functions of a channel or procedure.
   *
   * @param candidates Possible words after the verbs, the best first.
   * @returns The first candidate without a conflict; with a number appended if all conflict.
   */
  operation(kind: Channel["kind"], candidates: readonly (readonly string[])[]): readonly string[] {
    return this.#functionsOf((base) => functionNames(kind, base), candidates);
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

function functionNames(kind: Channel["kind"], base: readonly string[]): readonly string[] {
  const name = capitalized(base);
  return kind === "procedure"
    ? [`request${name}`, `respond${name}`]
    : [`publish${name}`, `subscribe${name}`, `${camelCase(base)}Messages`];
}
