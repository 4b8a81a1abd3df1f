import { type DocumentNode, own } from "../document/node.js";
import type { Finding } from "./change.js";
import { type Pair, PairComparison, type Place } from "./pair-comparison.js";
import { nameOf } from "./schema-view.js";

/**
 * Compares schemas. If the new schema forbids something, it breaks publishers with the old one. If
 * it allows something more, it breaks subscribers with the old one. Each pair is compared once,
 * wherever it is used.
 */
export class SchemaComparison {
  readonly #pairs = new Map<string, Pair>();
  readonly #waiting: Pair[] = [];

  /**
   * Compares two versions of a schema.
   *
   * @param olds Schemas of the old version that all apply; an empty list allows any value.
   * @param news The same for the new version.
   * @param name Name to report if the schema has none.
   * @param fallback Places to report if there is no schema.
   * @param areHeaders `true` for a schema of headers.
   * @returns Differences of the schema and of all its parts.
   */
  compare(
    olds: readonly DocumentNode[],
    news: readonly DocumentNode[],
    name: string,
    fallback: Place,
    areHeaders = false,
  ): readonly Finding[] {
    const root = this.#pair(olds, news, name, fallback, areHeaders);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      new PairComparison(next, (...part) => this.#pair(...part)).run();
    }
    const all = new Set<Pair>([root]);
    // The iteration of a Set includes entries that are added during it.
    for (const pair of all) for (const part of pair.parts) all.add(part);
    return [...all].flatMap(({ findings }) => findings);
  }

  #pair(
    olds: readonly DocumentNode[],
    news: readonly DocumentNode[],
    name: string,
    fallback: Place,
    areHeaders = false,
  ): Pair {
    const key = `${areHeaders} ${olds.map(identity).join()} ${news.map(identity).join()}`;
    let pair = olds.length + news.length === 0 ? undefined : this.#pairs.get(key);
    if (pair === undefined) {
      const given = news.length === 1 ? nameOf(news[0]) : undefined;
      pair = { name: given ?? name, olds, news, fallback, areHeaders, findings: [], parts: [] };
      this.#pairs.set(key, pair);
      this.#waiting.push(pair);
    }
    return pair;
  }
}

/**
 * Identity of a schema. A bundler copies a schema to every place of use: equal `$id` and content
 * mean that it is the same.
 */
function identity({ target }: DocumentNode): string {
  const id = own(target.value, "$id");
  return typeof id === "string" ? `${id} ${JSON.stringify(target.value)}` : target.id;
}
