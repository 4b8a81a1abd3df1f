import { type PatternPart, readPattern } from "./pattern-tree.js";

/** Largest number of a quantifier that is followed exactly; larger ones count as unlimited. */
const COUNTED = 6;
/** Number of positions from which quantifiers count as unlimited. */
const MANY_POSITIONS = 2_000;
/** Number of steps after which a pattern is too complicated, and counts as slow. */
const MOST_STEPS = 250_000;

/**
 * Checks if a regular expression may take exponential time, as `^(\w+\s?)*$`, `(x+x+)+y` and
 * `^(a|aa)+$` do: if there are two ways through a loop for the same text, the number of ways doubles
 * with each round, and for a text that almost matches all of them are tried.
 *
 * A pattern is seen as its positions, the places that take a character, and the ways between them. It is
 * slow if from one position, two different ways lead to one position of the same loop with the same characters.
 *
 * @param pattern A valid regular expression, with the flag `u` or without flags.
 * @see Weideman and others, "Analyzing Matching Time Behavior of Backtracking Regular Expression
 * Matchers by Using Ambiguity of NFA"
 */
export function isSlowPattern(pattern: string): boolean {
  try {
    return new Positions(readPattern(pattern)).areAmbiguous();
  } catch (error) {
    // Too deep or too complicated to tell.
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** Numbers by position. */
type Counts = Map<number, number>;

/** Ends of a part. */
interface Ends {
  /** Positions at which it can begin, with the number of ways. */
  readonly first: Counts;
  /** Positions at which it can end, with the number of ways. */
  readonly last: Counts;
  /** Number of ways to take nothing. */
  readonly empty: number;
}

const NOTHING: Ends = { first: new Map(), last: new Map(), empty: 1 };
const ANYTHING: PatternPart = { kind: "character", source: "[\\s\\S]" };

/** The positions of a pattern, and the ways between them; two ways count as many. */
class Positions {
  readonly #sources: string[] = [];
  readonly #next: Counts[] = [];
  #steps = 0;

  constructor(pattern: PatternPart) {
    this.#add(pattern);
  }

  #add(part: PatternPart): Ends {
    switch (part.kind) {
      case "character": {
        const position = this.#sources.push(part.source) - 1;
        this.#next.push(new Map());
        return { first: new Map([[position, 1]]), last: new Map([[position, 1]]), empty: 0 };
      }
      case "edge":
        return NOTHING;
      case "look":
        this.#add(part.part);
        return NOTHING;
      case "backreference":
        return this.#optional(this.#add(ANYTHING));
      case "sequence":
        return part.parts
          .map((each) => this.#add(each))
          .reduce((a, b) => this.#join(a, b), NOTHING);
      case "choice":
        return part.options
          .map((each) => this.#add(each))
          .reduce(either, { first: new Map(), last: new Map(), empty: 0 });
      case "repeat":
        return this.#repeat(part.part, part.min, part.max);
    }
  }

  #repeat(part: PatternPart, min: number, max: number): Ends {
    if (max === 0) return NOTHING;
    const isCounted = this.#sources.length < MANY_POSITIONS;
    const least = isCounted && min <= COUNTED ? min : Math.min(min, 1);
    const most = isCounted && max <= COUNTED ? max : Infinity;
    let ends = NOTHING;
    if (most === Infinity) {
      for (let i = 1; i < least; i++) ends = this.#join(ends, this.#add(part));
      const loop = this.#loop(this.#add(part));
      return this.#join(ends, least === 0 ? this.#optional(loop) : loop);
    }
    // (part(part)?)?, so that there is one way for each number.
    for (let i = least; i < most; i++) ends = this.#optional(this.#join(this.#add(part), ends));
    for (let i = 0; i < least; i++) ends = this.#join(this.#add(part), ends);
    return ends;
  }

  #optional({ first, last }: Ends): Ends {
    // JavaScript refuses a repetition that takes nothing.
    return { first, last, empty: 1 };
  }

  #loop(ends: Ends): Ends {
    this.#connect(ends.last, ends.first);
    return ends;
  }

  #join(a: Ends, b: Ends): Ends {
    this.#connect(a.last, b.first);
    return {
      first: sum(a.first, b.first, a.empty),
      last: sum(b.last, a.last, b.empty),
      empty: atMostTwo(a.empty * b.empty),
    };
  }

  #connect(last: Counts, first: Counts): void {
    this.#steps += last.size * first.size;
    if (this.#steps > MOST_STEPS) throw new RangeError("The pattern is too complicated.");
    for (const [from, ways] of last) {
      const next = this.#next[from]!;
      for (const [to, more] of first) next.set(to, atMostTwo((next.get(to) ?? 0) + ways * more));
    }
  }

  areAmbiguous(): boolean {
    const loops = this.#loops();
    const overlap = overlaps(this.#sources);
    const seen = new Set<number>();
    const open: (readonly [number, number])[] = [];
    const visit = (p: number, q: number): boolean => {
      const within = loops[p];
      for (const [to, ways] of this.#next[p]!) {
        if (loops[to] !== within) continue;
        if (p === q && ways > 1) return true;
        for (const other of this.#next[q]!.keys()) {
          if (++this.#steps > MOST_STEPS) return true;
          if (loops[other] !== within || !overlap(to, other)) continue;
          if (to === other) {
            if (p !== q) return true;
            continue;
          }
          const pair = Math.min(to, other) * this.#sources.length + Math.max(to, other);
          if (seen.has(pair)) continue;
          seen.add(pair);
          open.push([to, other]);
        }
      }
      return false;
    };
    for (const [position, loop] of loops.entries()) {
      if (loop === undefined) continue;
      if (visit(position, position)) return true;
      for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
        if (visit(...pair)) return true;
      }
    }
    return false;
  }

  /** @returns The number of each position's loop: of the positions from which it is reached and that it reaches. */
  #loops(): readonly (number | undefined)[] {
    const count = this.#sources.length;
    const back: number[][] = Array.from({ length: count }, () => []);
    for (const [from, next] of this.#next.entries())
      for (const to of next.keys()) back[to]!.push(from);
    const order = inOrder(this.#next.map((next) => [...next.keys()]));
    const loops: (number | undefined)[] = Array.from({ length: count });
    const taken = new Set<number>();
    // Kosaraju's algorithm.
    for (const root of order.toReversed()) {
      if (taken.has(root)) continue;
      taken.add(root);
      const members = [root];
      for (let i = 0; i < members.length; i++) {
        for (const from of back[members[i]!]!) {
          if (taken.has(from)) continue;
          taken.add(from);
          members.push(from);
        }
      }
      if (members.length === 1 && !this.#next[root]!.has(root)) continue;
      for (const member of members) loops[member] = root;
    }
    return loops;
  }
}

/** @returns The nodes of a graph, each after all that it reaches, without those of its own loops. */
function inOrder(graph: readonly (readonly number[])[]): number[] {
  const order: number[] = [];
  const seen = new Set<number>();
  for (const start of graph.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const path = [{ node: start, at: 0 }];
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const to = graph[step.node]![step.at++];
      if (to === undefined) {
        order.push(step.node);
        path.pop();
      } else if (!seen.has(to)) {
        seen.add(to);
        path.push({ node: to, at: 0 });
      }
    }
  }
  return order;
}

/** Adds an alternative to the first of two ends. */
function either(all: Ends, { first, last, empty }: Ends): Ends {
  add(all.first, first, 1);
  add(all.last, last, 1);
  return { ...all, empty: atMostTwo(all.empty + empty) };
}

const atMostTwo = (ways: number): number => Math.min(ways, 2);

function sum(a: Counts, b: Counts, times: number): Counts {
  if (times === 0 || b.size === 0) return a;
  const all = new Map(a);
  add(all, b, times);
  return all;
}

function add(all: Counts, more: Counts, times: number): void {
  for (const [position, ways] of more) {
    all.set(position, atMostTwo((all.get(position) ?? 0) + ways * times));
  }
}

/** Characters of many kinds, for classes that name none of theirs. */
const SAMPLES =
  "\0\t\n\r !\"#$%&'()*+,-./059:;<=>?@AFZ[\\]^_`afz{|}~\u00a0ªµÉßéıΩяאع०あア中한ﬀ\u0301€\u2003\u2028\ufeff🎮😀𝒳";

/** @returns A function that checks if two positions can take the same character. */
function overlaps(sources: readonly string[]): (p: number, q: number) => boolean {
  const characters = new Set(SAMPLES);
  for (const source of new Set(sources)) for (const each of edgesOf(source)) characters.add(each);
  const sets = new Map<string, ReadonlySet<string>>();
  const setOf = (source: string): ReadonlySet<string> => {
    let set = sets.get(source);
    if (set === undefined) {
      const one = oneOf(source);
      set = new Set([...characters].filter((character) => one.test(character)));
      sets.set(source, set);
    }
    return set;
  };
  const known = new Map<string, boolean>();
  return (p, q) => {
    const [a, b] = [sources[p]!, sources[q]!];
    if (a === b) return true;
    const pair = `${a} ${b}`;
    let overlap = known.get(pair);
    if (overlap === undefined) {
      const other = setOf(b);
      overlap = [...setOf(a)].some((character) => other.has(character));
      known.set(pair, overlap);
    }
    return overlap;
  };
}

function oneOf(source: string): RegExp {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(`^(?:${source})$`, flags);
    } catch {
      // The next one.
    }
  }
  // For example a bracket without its partner.
  return new RegExp(`^${source.replace(/[^\w\s]/gu, "\\$&")}$`, "u");
}

/** @returns The characters that a class or a character names, with their neighbours. */
function edgesOf(source: string): readonly string[] {
  const named = source.matchAll(/\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2}))|([\s\S])/giu);
  return [...named].flatMap(([, long, short, byte, character]) => {
    const hex = long ?? short ?? byte;
    const code = hex === undefined ? (character?.codePointAt(0) ?? 0) : Number.parseInt(hex, 16);
    return [code - 1, code, code + 1]
      .filter((each) => each >= 0 && each <= 0x10ffff)
      .map((each) => String.fromCodePoint(each));
  });
}
