import type { DocumentNode } from "../document/node.js";
import { matchOptions } from "./alternatives.js";
import { both, type Finding, nobody, publishers, type Side, subscribers } from "./change.js";
import { type Atom, nameOf, SchemaView } from "./schema-view.js";

/** A schema in both versions. */
export interface Pair {
  readonly name: string;
  readonly olds: readonly DocumentNode[];
  readonly news: readonly DocumentNode[];
  /** Place to report if a version has no schema. */
  readonly fallback: Place;
  readonly areHeaders: boolean;
  readonly findings: Finding[];
  readonly parts: Pair[];
}

/** Place in both versions. */
export interface Place {
  readonly old: DocumentNode;
  readonly new: DocumentNode;
}

type MakePair = (
  olds: readonly DocumentNode[],
  news: readonly DocumentNode[],
  name: string,
  fallback: Place,
) => Pair;

/** Comparison of two versions of a schema. */
export class PairComparison {
  readonly #pair: Pair;
  readonly #make: MakePair;
  readonly #old: SchemaView;
  readonly #new: SchemaView;
  readonly #place: Place;

  constructor(pair: Pair, make: MakePair) {
    this.#pair = pair;
    this.#make = make;
    this.#old = new SchemaView(pair.olds);
    this.#new = new SchemaView(pair.news);
    this.#place = {
      old: pair.olds[0]?.target ?? pair.fallback.old,
      new: pair.news[0]?.target ?? pair.fallback.new,
    };
  }

  run(): void {
    const common = [...this.#old.types].filter((type) => this.#new.types.has(type));
    const one = this.#loneOptions();
    if (one !== undefined && !hasBase(one)) {
      this.#compareOptions();
      return;
    }
    if (one !== undefined) this.#reportOptions(one === this.#new);
    else if (this.#old.options.length > 0) this.#compareOptions();
    else if (this.#saysTypes()) this.#compareTypes();
    if (common.length === 0) return;
    this.#compareValues();
    if (common.includes("object")) this.#compareProperties();
    if (common.includes("array")) this.#compareItems();
    this.#compareBounds();
    this.#compareOpaque();
  }

  #add(
    rule: string,
    breaks: readonly Side[],
    message: string,
    reason: string,
    at: { readonly what?: string; readonly node?: DocumentNode; readonly version?: "old" } = {},
  ): void {
    const version = at.version ?? "new";
    this.#pair.findings.push({
      rule,
      level: "schema",
      breaks,
      what: at.what ?? this.#pair.name,
      message,
      reason,
      version,
      node: at.node ?? this.#place[version],
    });
  }

  #part(olds: readonly DocumentNode[], news: readonly DocumentNode[], name: string): void {
    this.#pair.parts.push(this.#make(olds, news, name, this.#place));
  }

  #compareTypes(): void {
    const lost = difference(this.#old.types, this.#new.types);
    const gained = difference(this.#new.types, this.#old.types);
    if (lost.length + gained.length === 0) return;
    const message = `was ${typeNames(this.#old.types)}, is ${typeNames(this.#new.types)}`;
    if (gained.length === 0) {
      const reason = `publishers may still send ${typeNames(new Set(lost))}`;
      this.#add("type-narrowed", publishers, message, reason);
    } else if (lost.length === 0) {
      const reason = `subscribers do not expect ${typeNames(new Set(gained))}`;
      this.#add("type-widened", subscribers, message, reason);
    } else {
      this.#add(
        "type-changed",
        both,
        message,
        "neither side understands the messages of the other",
      );
    }
  }

  #compareValues(): void {
    const [old, now] = [this.#old.values, this.#new.values];
    if (old === undefined && now !== undefined) {
      const message = `now only ${list([...now])}`;
      this.#add("values-listed", publishers, message, "publishers may still send other values");
    } else if (old !== undefined && now === undefined) {
      const message = `now any value; before only ${list([...old])}`;
      this.#add("values-opened", subscribers, message, "subscribers expect only the listed values");
    } else if (old !== undefined && now !== undefined) {
      const lost = difference(old, now);
      const gained = difference(now, old);
      if (lost.length > 0) {
        const reason = `publishers may still send ${lost.length === 1 ? "it" : "them"}`;
        this.#add("value-removed", publishers, `${list(lost)} removed`, reason);
      }
      if (gained.length > 0) {
        const reason = `subscribers do not know ${gained.length === 1 ? "it" : "them"}`;
        this.#add("value-added", subscribers, `${list(gained)} added`, reason);
      }
    }
  }

  #compareProperties(): void {
    const [old, now] = [this.#old, this.#new];
    for (const name of new Set([...old.properties.keys(), ...now.properties.keys()])) {
      const olds = old.properties.get(name);
      const news = now.properties.get(name);
      if (olds === undefined && news !== undefined) this.#propertyAdded(name, news);
      else if (olds !== undefined && news === undefined) this.#propertyRemoved(name, olds);
      else if (olds !== undefined && news !== undefined) this.#propertyKept(name, olds, news);
    }
    if (!old.closed && now.closed) {
      const reason = "publishers may still send other properties";
      this.#add("properties-closed", publishers, "now allows only listed properties", reason);
    } else if (old.closed && !now.closed) {
      const reason = "subscribers reject properties that are not listed";
      this.#add("properties-opened", subscribers, "now allows other properties", reason);
    } else if (!old.closed && old.others.length + now.others.length > 0) {
      this.#part(old.others, now.others, `${this.#pair.name}.*`);
    }
  }

  #propertyAdded(name: string, news: readonly DocumentNode[]): void {
    const at = { what: `${this.#pair.name}.${name}`, ...(news[0] && { node: news[0] }) };
    const { closed, others } = this.#old;
    if (this.#new.required.has(name)) {
      const breaks = closed ? both : publishers;
      const reason = closed
        ? "publishers do not send it, and subscribers reject unknown properties"
        : "publishers do not send it";
      this.#add("required-property-added", breaks, "added, and required", reason, at);
    } else if (closed) {
      const reason = "subscribers reject unknown properties";
      this.#add("property-added", subscribers, "added", reason, at);
    } else {
      this.#add("property-added", nobody, "added", "no program must send or read it", at);
      if (others.length > 0) this.#part(others, news, at.what);
    }
  }

  #propertyRemoved(name: string, olds: readonly DocumentNode[]): void {
    const at = {
      what: `${this.#pair.name}.${name}`,
      version: "old",
      ...(olds[0] && { node: olds[0] }),
    } as const;
    const wasRequired = this.#old.required.has(name);
    const { closed } = this.#new;
    const refused = "publishers may still send it, and subscribers reject it";
    const missed = "subscribers rely on it";
    if (wasRequired) {
      const reason = closed ? `${missed}, and ${refused}` : missed;
      this.#add("property-removed", closed ? both : subscribers, "removed", reason, at);
    } else if (closed) this.#add("property-removed", publishers, "removed", refused, at);
    else this.#add("property-removed", nobody, "removed", "it was optional before", at);
  }

  #propertyKept(name: string, olds: readonly DocumentNode[], news: readonly DocumentNode[]): void {
    const what = `${this.#pair.name}.${name}`;
    const at = { what, ...(news[0] && { node: news[0] }) };
    const was = this.#old.required.has(name);
    const is = this.#new.required.has(name);
    if (!was && is) {
      const reason = "publishers may still leave it out";
      this.#add("property-required", publishers, "now required", reason, at);
    } else if (was && !is) {
      const reason = "subscribers rely on it";
      this.#add("property-optional", subscribers, "now optional", reason, at);
    }
    if (olds.length + news.length > 0) this.#part(olds, news, what);
  }

  #compareItems(): void {
    const { name } = this.#pair;
    const [old, now] = [this.#old, this.#new];
    const length = Math.max(old.tuple.length, now.tuple.length);
    for (let i = 0; i < length; i++) {
      const [before, after] = [old.tuple[i], now.tuple[i]];
      this.#part(before ? [before] : old.items, after ? [after] : now.items, `${name}[${i}]`);
    }
    if (old.items.length + now.items.length > 0) this.#part(old.items, now.items, `${name}[]`);
  }

  #compareBounds(): void {
    const [old, now] = [this.#old, this.#new];
    this.#compareBound(old.atLeast, now.atLeast, (before, after) => after > before);
    this.#compareBound(old.atMost, now.atMost, (before, after) => after < before);
    for (const keyword of new Set([...old.exact.keys(), ...now.exact.keys()])) {
      const before = old.exact.get(keyword);
      const after = now.exact.get(keyword);
      if (before === after) continue;
      if (before === undefined) {
        const reason = "publishers may still send other values";
        this.#add(`${keyword}-added`, publishers, `\`${keyword}: ${after}\` added`, reason);
      } else if (after === undefined) {
        const reason = "subscribers may rely on it";
        this.#add(`${keyword}-removed`, subscribers, `\`${keyword}: ${before}\` removed`, reason);
      } else {
        const message = `\`${keyword}\` was \`${before}\`, is \`${after}\``;
        const reason = "values of one version are invalid in the other";
        this.#add(`${keyword}-changed`, both, message, reason);
      }
    }
  }

  #compareBound(
    olds: ReadonlyMap<string, number>,
    news: ReadonlyMap<string, number>,
    isTighter: (before: number, after: number) => boolean,
  ): void {
    for (const keyword of new Set([...olds.keys(), ...news.keys()])) {
      const before = olds.get(keyword);
      const after = news.get(keyword);
      if (before === after) continue;
      const message = `\`${keyword}\` was ${before ?? "not given"}, is ${after ?? "not given"}`;
      const tighter = before === undefined || (after !== undefined && isTighter(before, after));
      if (tighter) {
        const reason = "publishers may still send values beyond it";
        this.#add("bound-tightened", publishers, message, reason);
      } else {
        const reason = "subscribers do not expect values beyond the old one";
        this.#add("bound-loosened", subscribers, message, reason);
      }
    }
  }

  #compareOpaque(): void {
    const [old, now] = [this.#old.opaque, this.#new.opaque];
    for (const keyword of new Set([...old.keys(), ...now.keys()])) {
      if (old.get(keyword) === now.get(keyword)) continue;
      const reason =
        "the effect of this keyword cannot be compared, so the change counts as breaking for both sides";
      this.#add(`${keyword}-changed`, both, `\`${keyword}\` is different`, reason);
    }
  }

  /**
   * Checks if types are worth reporting: listed values are more precise, and headers are always an
   * object.
   */
  #saysTypes(): boolean {
    const bothListed = this.#old.values !== undefined && this.#new.values !== undefined;
    return !bothListed && !this.#pair.areHeaders;
  }

  /** The version with alternatives, if the other has none. */
  #loneOptions(): SchemaView | undefined {
    const [old, now] = [this.#old, this.#new];
    if (old.options.length > 0 === now.options.length > 0) return undefined;
    return old.options.length > 0 ? old : now;
  }

  /** Reports alternatives in addition to a schema, which restrict it. */
  #reportOptions(added: boolean): void {
    if (added) {
      const reason = "publishers may still send values that match no alternative";
      this.#add("alternatives-added", publishers, "now must match one of its alternatives", reason);
    } else {
      const reason = "subscribers expect one of them";
      this.#add("alternatives-dropped", subscribers, "its alternatives were removed", reason);
    }
  }

  /** Compares alternatives. A schema without alternatives counts as its own only alternative. */
  #compareOptions(): void {
    const { name } = this.#pair;
    const olds = [...(this.#old.options.length > 0 ? this.#old.options : this.#pair.olds)];
    const news = [...(this.#new.options.length > 0 ? this.#new.options : this.#pair.news)];
    for (const [before, after] of matchOptions(olds, news)) {
      this.#part([before], [after], name);
      olds.splice(olds.indexOf(before), 1);
      news.splice(news.indexOf(after), 1);
    }
    for (const node of olds) {
      const message = `the alternative ${optionName(node)} removed`;
      const reason = "publishers may still send it";
      this.#add("alternative-removed", publishers, message, reason, { node, version: "old" });
    }
    for (const node of news) {
      const message = `the alternative ${optionName(node)} added`;
      this.#add("alternative-added", subscribers, message, "subscribers do not know it", { node });
    }
  }
}

function hasBase({ properties, values }: SchemaView): boolean {
  return properties.size > 0 || values !== undefined;
}

function optionName(schema: DocumentNode): string {
  const name = nameOf(schema);
  return name === undefined ? typeNames(new SchemaView([schema]).types) : `\`${name}\``;
}

function difference<T>(all: ReadonlySet<T>, without: ReadonlySet<T>): readonly T[] {
  return [...all].filter((each) => !without.has(each));
}

function typeNames(types: ReadonlySet<Atom>): string {
  if (types.size === 7) return "anything";
  if (types.size === 0) return "nothing";
  const names = [...types].flatMap((type) => {
    if (type === "integer") return types.has("fraction") ? ["number"] : [type];
    return type === "fraction" ? (types.has("integer") ? [] : ["fraction"]) : [type];
  });
  return names.join(" or ");
}

function list(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(", ");
}
