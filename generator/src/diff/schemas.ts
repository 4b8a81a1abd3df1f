import { type DocumentNode, own } from "../document/node.js";
import type { Finding } from "./change.js";
import { type Pair, PairComparison, type Place } from "./pair-comparison.js";
import { nameOf } from "./schema-view.js";

/**
 * Compares schemas. A publisher that keeps the old one is hurt by what the new one forbids, a subscriber
 * that keeps the old one by what the new one allows beyond it. Each pair is compared once, wherever it stands.
 */
export class SchemaComparison {
  readonly #pairs = new Map<string, Pair>();
  readonly #waiting: Pair[] = [];

  /**
   * Compares two versions of a schema.
   *
   * @param olds All of them hold in the old version; none where anything does.
   * @param news The same in the new version.
   * @param name What to call it where it has no name of its own.
   * @param fallback The places to report where there is no schema.
   * @param areHeaders Whether they describe headers.
   * @returns What is different, in it and in what it consists of.
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
    // A Set's iteration goes on with what is added to it meanwhile.
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

/** A bundler writes a schema wherever it is used: with the same `$id` and content it is the same. */
function identity({ target }: DocumentNode): string {
  const id = own(target.value, "$id");
  return typeof id === "string" ? `${id} ${JSON.stringify(target.value)}` : target.id;
}
