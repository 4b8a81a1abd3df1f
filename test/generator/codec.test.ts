import { inspect } from "node:util";
import type { NatsSerializer, NatsWriter } from "alternats";
import { msgpackSerializer, roundingMsgpackSerializer } from "alternats/msgpack";
import fc from "fast-check";
import * as prettier from "prettier";
import { describe, expect, it } from "vitest";
import type { InterfaceDeclaration, TypeNode } from "../../generator/src/model/sdk.ts";
import type { CompiledFormat } from "../../generator/src/render/codec/codecs.ts";
import { jsonSerializer } from "../../runtime/src/serialization/json.ts";
import { compile, print } from "./support/compiled-codec.ts";

const doc = { text: undefined, notes: [], examples: [], deprecated: false };
const reference = (name: string): TypeNode => ({ kind: "reference", name });
const libraries: Readonly<Record<CompiledFormat, NatsSerializer>> = {
  json: jsonSerializer,
  msgpack: roundingMsgpackSerializer,
};

type Outcome = { readonly value: unknown } | { readonly threw: true };

function attempt(action: () => unknown): Outcome {
  try {
    return { value: action() };
  } catch {
    return { threw: true };
  }
}

/** A buffer that is a new one whenever it is asked for room, and begins somewhere else. */
class MovingWriter implements NatsWriter {
  buffer: Uint8Array = Buffer.from("PUB x 1\r\n{");
  position = this.buffer.length;
  #start = this.position;

  get length(): number {
    return this.position - this.#start;
  }

  get payload(): Uint8Array {
    return Buffer.from(this.buffer.subarray(this.#start, this.position));
  }

  reserve(size: number): number {
    const payload = this.payload;
    this.#start = (this.#start + 7) % 64;
    this.position = this.#start + payload.length;
    this.buffer = Buffer.alloc(this.position + size, 0x7b);
    this.buffer.set(payload, this.#start);
    return this.position;
  }

  advance(size: number): void {
    this.position += size;
  }

  byte(value: number): void {
    this.bytes(Uint8Array.of(value));
  }

  bytes(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
    this.advance(value.length);
  }

  utf8(value: string): void {
    this.bytes(Buffer.from(value));
  }
}

function bytes(serializer: NatsSerializer, value: unknown): Uint8Array {
  const writer = new MovingWriter();
  serializer.serialize(value, writer);
  return writer.payload;
}

/** Reads from the middle of a buffer, as the engine does. */
function read(serializer: NatsSerializer, payload: Uint8Array, after: string): unknown {
  const all = Buffer.concat([Buffer.from('"{1'), payload, Buffer.from(after)]);
  return serializer.deserialize(all, 3, 3 + payload.length);
}

const names = fc.constantFrom(
  ...["a", "b", "id", "x", "1", "a b", 'q"', "back\\slash", "é", "駅", "😀", "", "new\nline"],
  ..."longer than a fixstr can be in MessagePack".split("|"),
);
const oddNames = fc.constantFrom("__proto__", "toJSON", "constructor", "rawJSON", "hasOwnProperty");
const scalars = fc.constantFrom<TypeNode>(
  { kind: "string" },
  { kind: "number" },
  { kind: "boolean" },
  { kind: "null" },
  { kind: "literal", value: "on" },
  { kind: "union", members: [{ kind: "string" }, { kind: "null" }] },
  { kind: "union", members: [{ kind: "number" }, { kind: "string" }, { kind: "boolean" }] },
);

/** Types in a row, each of which may contain those after it, and optionally itself. */
const schemas: fc.Arbitrary<readonly InterfaceDeclaration[]> = fc
  .integer({ min: 1, max: 3 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, i) => {
        const later = Array.from({ length: count - i - 1 }, (_, j) => reference(`T${i + j + 1}`));
        const inner = later.length === 0 ? scalars : fc.oneof(scalars, fc.constantFrom(...later));
        const types = fc.oneof(
          { weight: 4, arbitrary: inner },
          inner.map((item): TypeNode => ({ kind: "array", item })),
          inner.map((type): TypeNode => ({ kind: "union", members: [type, { kind: "null" }] })),
          inner.map(
            (item): TypeNode => ({
              kind: "union",
              members: [{ kind: "array", item }, { kind: "null" }],
            }),
          ),
        );
        const property = fc.record({
          name: fc.oneof({ weight: 30, arbitrary: names }, oddNames),
          type: types,
          required: fc.boolean(),
          doc: fc.constant(doc),
        });
        const own = fc.constant({ name: "self", type: reference(`T${i}`), required: false, doc });
        return fc
          .tuple(
            fc.uniqueArray(property, { minLength: 1, maxLength: 5, selector: ({ name }) => name }),
            fc.option(own, { nil: undefined, freq: 4 }),
          )
          .map(([properties, self]) => ({
            kind: "interface" as const,
            name: `T${i}`,
            doc,
            properties: self === undefined ? properties : [...properties, self],
            others: undefined,
            index: undefined,
          }));
      }),
    ),
  );

const numbers = fc.oneof(
  fc.integer(),
  fc.integer({ min: -200, max: 70_000 }),
  fc.double(),
  fc.maxSafeInteger(),
  fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1e3),
  fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1e6),
  fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1e9),
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    2 ** 32,
    -(2 ** 31),
    1e9,
    1e15,
    1e21,
    5e-324,
    1e-7,
    999999999.9999999,
  ),
);
const strings = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 90 }),
  fc.string({ minLength: 60, maxLength: 300 }),
  fc.constantFrom(
    "\ud800",
    "a\udc00b",
    '"',
    "\\",
    "\u0000",
    "\u2028",
    "é".repeat(40),
    "x".repeat(9000),
  ),
);
class Instance {
  a = 1;
  get b(): number {
    return 2;
  }
}
/** Values that no schema of the test allows where they are put. */
const foreign: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withDate: true, withBigInt: true, withNullPrototype: true, withSparseArray: true }),
  fc
    .constantFrom<(() => unknown)[]>(
      () => undefined,
      () => new Date(0),
      () => 10n,
      () => Symbol("s"),
      () => () => 1,
      () => new Instance(),
      () => new String("boxed"),
      () => new Number(1),
      () => new Map([["a", 1]]),
      () => ({ toJSON: (key: string) => `from ${key}` }),
      () => Object.assign([1, "a"], { toJSON: () => "array" }),
      () => Object.defineProperty({}, "a", { value: 1, enumerable: false }),
      () => Object.create({ a: 1, id: "inherited" }),
      () => JSON.parse('{"__proto__":{"a":1}}'),
      () => new Array(2),
    )
    .map((make) => make()),
);

function valuesOf(
  types: readonly InterfaceDeclaration[],
  type: TypeNode,
  depth: number,
  odd: boolean,
): fc.Arbitrary<unknown> {
  const right = (): fc.Arbitrary<unknown> => {
    switch (type.kind) {
      case "string":
        return strings;
      case "number":
        return numbers;
      case "boolean":
        return fc.boolean();
      case "literal":
        return fc.constant(type.value);
      case "array":
        return fc.array(valuesOf(types, type.item, depth, odd), { maxLength: depth > 0 ? 20 : 2 });
      case "union":
        return fc.oneof(...type.members.map((member) => valuesOf(types, member, depth, odd)));
      case "reference":
        return objectsOf(types, types.find(({ name }) => name === type.name)!, depth - 1, odd);
      default:
        return fc.constant(null);
    }
  };
  return odd ? fc.oneof({ weight: 25, arbitrary: right() }, foreign) : right();
}

function objectsOf(
  types: readonly InterfaceDeclaration[],
  declaration: InterfaceDeclaration,
  depth: number,
  odd: boolean,
): fc.Arbitrary<unknown> {
  const entries = declaration.properties.flatMap(({ name, type, required }) => {
    if (name === "self" && depth <= 0) return [];
    const value = valuesOf(types, type, depth, odd);
    const entry = fc.tuple(fc.constant(name), value);
    return [required && !odd ? entry : fc.option(entry, { nil: undefined, freq: 5 })];
  });
  const extra = fc.option(fc.tuple(fc.constantFrom("extra", "__proto__", "toJSON", "a"), foreign), {
    nil: undefined,
    freq: 8,
  });
  return fc
    .tuple(
      fc.tuple(...entries),
      odd ? extra : fc.constant(undefined),
      fc.boolean(),
      fc.integer({ min: 0, max: odd ? 9 : 0 }),
    )
    .map(([own, added, turned, trick]) => {
      const all = [...own, added].filter((each) => each !== undefined);
      if (turned) all.reverse();
      const object: object = {};
      for (const [key, value] of all as [string, unknown][]) {
        const enumerable = trick !== 9;
        Object.defineProperty(object, key, {
          value,
          enumerable,
          configurable: true,
          writable: true,
        });
      }
      return object;
    });
}

function cases(odd: boolean) {
  return schemas.chain((types) =>
    fc.record({
      types: fc.constant(types),
      values: fc.array(objectsOf(types, types[0]!, 2, odd), { minLength: 1, maxLength: 4 }),
    }),
  );
}

const settings = { numRuns: 100, endOnFailure: true };

describe.each(["json", "msgpack"] as const)("a codec compiled for %s", (format) => {
  const library = libraries[format];

  it.each([false, true])(
    "writes the same as the library, also (%s) if the value does not match the schema",
    (odd) => {
      let compiled = 0;
      fc.assert(
        fc.property(cases(odd), ({ types, values }) => {
          const codec = compile(types, format);
          if (codec === undefined) return;
          compiled++;
          for (const value of values) {
            const expected = attempt(() => library.deserialize(...whole(bytes(library, value))));
            const actual = attempt(() => library.deserialize(...whole(bytes(codec, value))));
            expect(shown(actual)).toBe(shown(expected));
          }
        }),
        settings,
      );
      expect(compiled).toBeGreaterThan(settings.numRuns / 3);
    },
  );

  it.each([false, true])(
    "reads the same as the library, also (%s) if the value does not match the schema",
    (odd) => {
      fc.assert(
        fc.property(
          cases(odd),
          fc.constantFrom("", "}", "\r\nMSG", '"', "9", ",1]}"),
          fc.nat(),
          ({ types, values }, after, at) => {
            const codec = compile(types, format);
            if (codec === undefined) return;
            for (const value of values) {
              for (const writer of [codec, library]) {
                const payload = attempt(() => bytes(writer, value));
                if ("threw" in payload) continue;
                for (const wire of variants(format, payload.value as Uint8Array, at)) {
                  const expected = attempt(() => read(library, wire, after));
                  const actual = attempt(() => read(codec, wire, after));
                  expect(shown(actual)).toBe(shown(expected));
                }
              }
            }
          },
        ),
        settings,
      );
    },
  );

  it("throws the library's error for a circular value", () => {
    const types = [declare("Node", { id: "string", self: reference("Node") }, ["self"])];
    const codec = compile(types, format)!;
    const node: { id: string; self?: unknown } = { id: "a" };
    node.self = node;
    expect(() => bytes(codec, node)).toThrow(format === "json" ? TypeError : RangeError);
    // And works on.
    expect(library.deserialize(...whole(bytes(codec, { id: "b" })))).toEqual({ id: "b" });
  });

  it("reads each level of a value at most twice if only the deepest does not match", () => {
    const node = { kind: "union", members: [reference("Node"), { kind: "null" }] } as const;
    const list = { kind: "array", item: reference("Node") } as const;
    const codec = compile(
      [declare("Node", { left: node, right: node, more: list }, ["more"])],
      format,
    )!;
    const looks = new Map<number, number>();
    let value: object = { left: null, right: null, more: 1n };
    for (let level = 1; level <= 100; level++) {
      value = new Proxy(level % 2 ? { left: null, right: value } : { left: value, right: null }, {
        ownKeys(target) {
          looks.set(level, (looks.get(level) ?? 0) + 1);
          return Reflect.ownKeys(target);
        },
      });
    }
    // The codec looks once, and the library that it leaves the value to.
    attempt(() => bytes(codec, value));
    const own = Math.max(...looks.values());
    looks.clear();
    attempt(() => bytes(library, value));
    expect(own).toBeLessThanOrEqual(Math.max(...looks.values()) + 1);
    expect(own).toBeGreaterThan(0);
  });

  it("can write a message while writing another", () => {
    const codec = compile([declare("Event", { id: "string", n: "number" })], format)!;
    const value = {
      id: "outer",
      get n() {
        bytes(codec, { id: {}, n: 2 });
        return 1;
      },
    };
    expect(library.deserialize(...whole(bytes(codec, value)))).toEqual({ id: "outer", n: 1 });
  });

  it("reads its own kind again after many messages of another kind", () => {
    const codec = compile([declare("Event", { id: "string", n: "number" })], format)!;
    const other = bytes(library, { n: 1, id: "a" });
    const own = bytes(codec, { id: "a", n: 1 });
    for (let i = 0; i < 200; i++) expect(read(codec, other, "")).toEqual({ id: "a", n: 1 });
    for (let i = 0; i < 200; i++) expect(read(codec, own, "")).toEqual({ id: "a", n: 1 });
  });

  it("is printed as prettier prints it", async () => {
    const types = [
      declare(
        "Snapshot",
        {
          tick: "number",
          players: { kind: "array", item: reference("Player") },
          scores: { kind: "array", item: { kind: "number" } },
          leader: { kind: "union", members: [reference("Player"), { kind: "null" }] },
          "last word": "string",
        },
        ["leader", "last word"],
      ),
      declare(
        "Player",
        { steam_id: "string", x: "number", a_rather_long_name_of_a_property: "string" },
        ["x", "a_rather_long_name_of_a_property"],
      ),
    ];
    const [, text] = print(types, format);
    expect(await prettier.format(text, { parser: "typescript" })).toBe(text);
  });
});

describe("integers that other libraries write in 64 bits", () => {
  const codec = compile([declare("Tick", { at: "number" })], "msgpack")!;
  /** A map of `at` and eight bytes behind a head. */
  const wire = (head: number, value: bigint): Uint8Array => {
    const eight = Buffer.alloc(8);
    eight.writeBigUInt64BE(BigInt.asUintN(64, value));
    return Buffer.concat([Buffer.from([0x81, 0xa2, 0x61, 0x74, head]), eight]);
  };

  it.each([
    [0xcf, 1_735_689_600_123n],
    [0xcf, 7n],
    [0xcf, 9_007_199_254_740_991n],
    [0xd3, -1n],
    [0xd3, -5_000_000_000n],
    [0xd3, -9_007_199_254_740_991n],
  ])("are numbers if numbers are exact: 0x%s, %s", (head, value) => {
    const bytes = wire(head, value);
    for (const each of [codec, msgpackSerializer]) {
      expect(each.deserialize(bytes, 0, bytes.length)).toEqual({ at: Number(value) });
    }
  });

  it.each([
    [0xcf, 2n ** 60n],
    [0xd3, -(2n ** 60n)],
    [0xcf, 2n ** 53n + 1n],
  ])(
    "are rounded in a field of a number, and bigints without a schema: 0x%s, %s",
    (head, value) => {
      const bytes = wire(head, value);
      for (const each of [codec, roundingMsgpackSerializer]) {
        expect(each.deserialize(bytes, 0, bytes.length)).toEqual({ at: Number(value) });
      }
      expect(msgpackSerializer.deserialize(bytes, 0, bytes.length)).toEqual({ at: value });
    },
  );
});

describe("values left to the library", () => {
  it.each<[string, Readonly<Record<string, TypeNode | "string">>]>([
    ["a property that objects inherit", { valueOf: "string" } as Record<string, "string">],
    ["a property that decides about the JSON", { toJSON: "string" }],
    ["a map", { all: { kind: "record", value: { kind: "string" } } }],
    ["a part of which nothing is known", { id: "string", any: { kind: "unknown" } }],
    ["an empty object", {}],
  ])("is an object with %s", (_, properties) => {
    expect(print([declare("Thing", properties)], "json")[0]).toBeUndefined();
  });
});

/** A value as text, independent of the order of its properties. */
function shown(outcome: Outcome): string {
  const all = Number.POSITIVE_INFINITY;
  return inspect(outcome, {
    depth: all,
    sorted: true,
    compact: false,
    maxArrayLength: all,
    maxStringLength: all,
  });
}

function whole(payload: Uint8Array): [Uint8Array, number, number] {
  return [Buffer.from(payload), 0, payload.length];
}

/** A payload, and what others may make of it: shorter, changed, in another notation. */
function variants(format: CompiledFormat, payload: Uint8Array, at: number): readonly Uint8Array[] {
  const place = at % payload.length;
  const changed = Uint8Array.from(payload);
  changed[place] = at >> 8;
  const all = [
    payload,
    payload.subarray(0, place),
    changed,
    Uint8Array.of(...payload.subarray(0, 500), 0x7d),
  ];
  if (format === "msgpack") return all;
  const text = Buffer.from(payload).toString();
  const pretty = JSON.stringify(JSON.parse(text), null, 1);
  const doubled = text.replace(/^\{("(?:[^"\\]|\\.)*":(?:true|null|-?\d+)),/, "{$1,$1,");
  const numbers = text.replace(
    /:(-?\d+)(?=[,}])/,
    (_, digits) =>
      `:${["0", "", "-", "+"][at % 4]}${digits}${["", ".", ".0", "e1", "E+2", ".50"][at % 6]}`,
  );
  const spelled = text.replace(/:"([^"\\]*)"/g, (_, characters: string) => {
    const units = characters.split("").map((unit, i) => {
      const hex = unit.charCodeAt(0).toString(16).padStart(4, "0");
      return [unit, `\\u${hex}`, `\\u${hex.toUpperCase()}`][(at + i) % 3];
    });
    const odd = ["", "\\/", "\\b", "\\ud800", "\\u12g4", "\\x", "\\u12", "\\", "\\'"][at % 9];
    return `:"${units.join("")}${odd}"`;
  });
  return [
    ...all,
    ...[pretty, doubled, numbers, spelled, ` ${text}`, `${text} `].map((each) => Buffer.from(each)),
  ];
}

function declare(
  name: string,
  properties: Readonly<Record<string, TypeNode | "string" | "number">>,
  optional: readonly string[] = [],
): InterfaceDeclaration {
  return {
    kind: "interface",
    name,
    doc,
    properties: Object.entries(properties).map(([key, type]) => ({
      name: key,
      type: typeof type === "string" ? { kind: type } : type,
      required: !optional.includes(key),
      doc,
    })),
    others: undefined,
    index: undefined,
  };
}
