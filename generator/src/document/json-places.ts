/** A value of JSON with the offset of its first character. */
interface Value {
  readonly offset: number;
  /** Of an object or array. A name that exists twice stands for its last value, as in JSON.parse. */
  readonly children?: ReadonlyMap<string, Child>;
}

interface Child {
  /** Offset of the name, or of an item of an array. */
  readonly offset: number;
  readonly value: Value;
}

/** The places of the values in a text that JSON.parse accepts. */
export class JsonPlaces {
  readonly #text: string;
  readonly #root: Value;
  #at = 0;

  /** @param text Well-formed JSON, perhaps after a byte order mark. */
  constructor(text: string) {
    this.#text = text;
    this.#root = this.#value();
  }

  /** Offset of a value's name, or of the last existing part of its path. */
  offset(path: readonly string[]): number {
    let { offset, children }: Value = this.#root;
    for (const step of path) {
      const child = children?.get(step);
      if (child === undefined) break;
      offset = child.offset;
      children = child.value.children;
    }
    return offset;
  }

  #value(): Value {
    this.#skip();
    const offset = this.#at;
    const first = this.#text[offset];
    if (first === "{") return { offset, children: this.#children("}") };
    if (first === "[") return { offset, children: this.#children("]") };
    if (first === '"') this.#string();
    else while (!/[\s,\]}]/.test(this.#text[this.#at] ?? ",")) this.#at++;
    return { offset };
  }

  #children(end: "}" | "]"): ReadonlyMap<string, Child> {
    const children = new Map<string, Child>();
    this.#at++;
    for (this.#skip(); this.#text[this.#at] !== end; this.#skip()) {
      let offset = this.#at;
      let key = `${children.size}`;
      if (end === "}") {
        key = this.#string();
        this.#skip();
      }
      const value = this.#value();
      if (end === "]") offset = value.offset;
      children.set(key, { offset, value });
    }
    this.#at++;
    return children;
  }

  #string(): string {
    const start = this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  /** Skips space, and the signs between values. */
  #skip(): void {
    while (/[\s\uFEFF,:]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }
}
