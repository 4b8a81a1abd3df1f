import type { DocumentNode } from "../document/node.js";
import { Names, reservedTypes } from "./names.js";
import { pascalCase, words } from "./words.js";

/** A wish for the name of a type. */
export interface NameClaim {
  /** Identifier that is equal in each attempt, and for types that may share a name. */
  readonly id: string;
  /** Words of possible names, the shortest first. */
  readonly candidates: readonly (readonly string[])[];
  /** The schema, for messages. */
  readonly node?: DocumentNode;
}

/**
 * The decisions about names that several types want. A name must not depend on the order of the
 * document, so all of these types take a longer one; this is known only after all types have been
 * read. The model is then read again with the decisions so far.
 */
export class NamePlan {
  /** Index of the candidate that a claim gets; the first for other claims. */
  readonly #levels = new Map<string, number>();
  /** The claims that wanted a name, by that name. */
  readonly #contests = new Map<string, Map<string, NameClaim>>();

  /** The words that a claim gets. */
  wordsFor({ id, candidates }: NameClaim): readonly string[] {
    return candidates[this.#levels.get(id) ?? 0] ?? candidates.at(-1) ?? [];
  }

  /** Checks if a claim can get a longer name. */
  canGrow({ id, candidates }: NameClaim): boolean {
    return (this.#levels.get(id) ?? 0) < candidates.length - 1;
  }

  /**
   * Gives claims that want the same name a longer one.
   *
   * @returns `true` if a claim got one, so that the types must be read again.
   */
  grow(contests: ReadonlyMap<string, readonly NameClaim[]>): boolean {
    let hasGrown = false;
    for (const [name, claims] of contests) {
      const growing = new Set(claims.filter((each) => this.canGrow(each)).map(({ id }) => id));
      for (const id of growing) this.#levels.set(id, (this.#levels.get(id) ?? 0) + 1);
      hasGrown ||= growing.size > 0;
      const known = this.#contests.get(name) ?? new Map<string, NameClaim>();
      for (const claim of claims) known.set(claim.id, claim);
      this.#contests.set(name, known);
    }
    return hasGrown;
  }

  /**
   * Warns of each name that several types wanted.
   *
   * @param settled The final names of each claim.
   */
  report(settled: ReadonlyMap<string, ReadonlySet<string>>): void {
    const told = new Set<string>();
    for (const [name, claims] of this.#contests) {
      // A longer name that is taken as well is part of the same problem.
      if ([...claims.keys()].every((id) => told.has(id))) continue;
      for (const id of claims.keys()) told.add(id);
      const node = [...claims.values()].findLast((claim) => claim.node !== undefined)?.node;
      const all = new Set([...claims.keys()].flatMap((id) => [...(settled.get(id) ?? [])]));
      const names = [...all].map((each) => `\`${each}\``);
      if (node === undefined || names.length < 2) continue;
      node.warn({
        code: "name-collision",
        message: `${names.length} types want the name \`${name}\`; they are ${listed(names)}.`,
        fix: "Give their schemas different titles, or names with `x-alternats-name`.",
      });
    }
  }
}

/** Number of names that a message shows. */
const SHOWN = 5;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, names.length > SHOWN ? SHOWN - 1 : -1);
  const last = names.length > SHOWN ? `${names.length - shown.length} others` : names.at(-1);
  return `${shown.join(", ")} and ${last}`;
}

/** The names of an SDK's types. */
export class TypeNames {
  readonly #names = new Names(reservedTypes);
  readonly #plan: NamePlan;
  /** The claim that got each name, by the name in small letters. */
  readonly #owners = new Map<string, NameClaim>();

  /** The claims that wanted a name that another one has, by that name. */
  readonly contests = new Map<string, NameClaim[]>();
  /** The names of each claim: types that may share a name may have different longer ones. */
  readonly settled = new Map<string, Set<string>>();

  /** @param plan The decisions of earlier attempts. */
  constructor(plan: NamePlan) {
    this.#plan = plan;
  }

  /** The name that a claim would get if it were alone. */
  wanted(claim: NameClaim): string {
    const name = pascalCase(this.#plan.wordsFor(claim));
    return this.#names.reserves(name) ? `${name}Type` : name;
  }

  /** Gives a type its name; a provisional one if the types must be read again. */
  claim(claim: NameClaim): string {
    const wanted = this.wanted(claim);
    const key = wanted.toLowerCase();
    const owner = this.#owners.get(key);
    let name = wanted;
    if (owner === undefined) this.#owners.set(key, claim);
    else if (owner.id !== claim.id) {
      const rivals = this.contests.get(wanted) ?? [owner];
      rivals.push(claim);
      this.contests.set(wanted, rivals);
      // A provisional name must not be one that another type wants.
      if (rivals.some((rival) => this.#plan.canGrow(rival))) name = `${wanted}~`;
    }
    name = this.#names.take(name);
    this.settled.set(claim.id, (this.settled.get(claim.id) ?? new Set()).add(name));
    return name;
  }

  /**
   * Gives a type that has no schema its name.
   *
   * @param wanted Words of its name.
   * @param word Word that is added if a schema wants the same name.
   */
  take(wanted: readonly string[], word = "Type"): string {
    return this.claim({
      id: `${word} ${pascalCase(wanted)}`,
      candidates: [wanted, [...wanted, word]],
    });
  }
}

/**
 * Joins words without repeating those that they have in common: `Player` and `PlayerPosition` are
 * `PlayerPosition`.
 */
export function joined(first: readonly string[], second: readonly string[]): readonly string[] {
  const text = (all: readonly string[]): string => all.join(" ").toLowerCase();
  for (let n = Math.min(first.length, second.length); n > 0; n--) {
    if (text(first.slice(-n)) === text(second.slice(0, n))) return [...first, ...second.slice(n)];
    if (n === second.length && text(first.slice(0, n)) === text(second)) return first;
  }
  return [...first, ...second];
}

/**
 * Words of what contains a schema: the component or the message whose schema has it as a definition,
 * or its file.
 */
export function homeOf(schema: DocumentNode): readonly string[] {
  const [first, second = "", third = "", fourth = ""] = schema.path;
  if (schema.file !== schema.document.main) return contextOf(schema);
  if (first === "components") return words(third);
  return first === "channels" && third === "messages" ? words(fourth) : words(second);
}

/** Words of the place of a schema outside of other schemas: its channel, its message or its file. */
export function contextOf({ file, path, document }: DocumentNode): readonly string[] {
  if (file !== document.main) return words(fileName(file.path));
  const [first, second = "", third = ""] = path;
  if (first === "channels" || first === "operations") return words(second);
  return first === "components" && second !== "schemas" ? words(third) : [];
}

/** `schemas/player.json` → `player` */
export function fileName(path: string): string {
  return (path.split("/").at(-1) ?? "").replace(/\..*$/s, "");
}

/** Words of the folder of a file; none for the folder of the document. */
export function folderOf({ file, document }: DocumentNode): readonly string[] {
  const [own, main] = [file, document.main].map(({ path }) => path.split("/").slice(0, -1));
  return own?.join("/") === main?.join("/") ? [] : words(own?.at(-1) ?? "");
}
