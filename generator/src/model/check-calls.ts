/** Number of call paths below which repeating a check costs less than caching its result. */
const FEW_WAYS = 100;

/** Call graph of the code of ajv's checks. */
export class CheckCalls {
  /** Calls of each function, with repetitions. */
  readonly #calls = new Map<string, readonly string[]>();
  /** Number of places that call each function. */
  readonly #places = new Map<string, number>();
  /** Number of call paths from each function. */
  readonly #ways = new Map<string, number>();
  /** Functions that compare the items of arrays. */
  readonly #comparing = new Set<string>();

  /** @param code ajv's code, one statement per line. */
  constructor(code: string) {
    const aliases = new Map(
      [...code.matchAll(/^const (wrapper\d+) = \{validate: (validate\d+)\};$/gm)].map(
        ([, alias = "", name = ""]) => [alias, name],
      ),
    );
    const comparing = [...code.matchAll(/^const (func\d+) = unique;$/gm)].map(([, name]) => name);
    for (const text of code.split(/^(?=function )/m)) {
      const name = /^function (validate\d+)\(/.exec(text)?.[1];
      if (name === undefined) continue;
      const body = text.slice(text.indexOf("\n"));
      const called = [...body.matchAll(/\b(?:(validate\d+)|(wrapper\d+)\.validate)\(/g)].map(
        ([, direct, alias = ""]) => direct ?? aliases.get(alias) ?? "",
      );
      this.#calls.set(name, called);
      for (const each of called) this.#places.set(each, (this.#places.get(each) ?? 0) + 1);
      if (comparing.some((each) => body.includes(`${each}(`))) this.#comparing.add(name);
    }
  }

  /** Checks if a function is expensive and called in several places. */
  isRepeated(name: string): boolean {
    return (this.#places.get(name) ?? 0) > 1 && this.#waysFrom(name) > FEW_WAYS;
  }

  /** Checks if the time or the depth of a check is unbounded. */
  needsBound(name: string): boolean {
    return this.#waysFrom(name) > FEW_WAYS || this.#reaches(name, this.#comparing);
  }

  /** Number of call paths; infinite for a recursive function. */
  #waysFrom(name: string): number {
    const known = this.#ways.get(name);
    if (known !== undefined) return known;
    this.#ways.set(name, Number.POSITIVE_INFINITY);
    let ways = 1;
    for (const called of this.#calls.get(name) ?? []) ways += this.#waysFrom(called);
    this.#ways.set(name, ways);
    return ways;
  }

  #reaches(name: string, wanted: ReadonlySet<string>): boolean {
    const seen = new Set<string>();
    const open = [name];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (wanted.has(next)) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(this.#calls.get(next) ?? []));
    }
    return false;
  }
}
