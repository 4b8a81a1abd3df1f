import fc from "fast-check";
import * as prettier from "prettier";
import { describe, expect, it } from "vitest";
import {
  call,
  entry,
  fit as fitted,
  fluid,
  list,
  object,
  typeArguments,
} from "../../generator/src/render/layout.ts";
import { literal, propertyName } from "../../generator/src/render/literal.ts";
import { typeText } from "../../generator/src/render/type-text.ts";

/** What prettier makes of a text, however it was laid out before. */
const pretty = (text: string): Promise<string> => prettier.format(text, { parser: "typescript" });

const name = fc
  .tuple(fc.constantFrom("A", "Player", "GameServer"), fc.nat(40))
  .map(([start, length]) => start + "x".repeat(length));

/** What texts are made of, and what is between texts and trouble. */
const characters = fc.oneof(
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
  fc.constantFrom(
    ..."'\"`\\$\n\r\t\0\u0001\u000e\u007f\u0085\u2028\u2029\ufeff\u202eéßимя漢字\u0301ⅷ１",
    "🚀",
    "𝒳",
  ),
);

interface Type {
  readonly kind: string;
}

const { type } = fc.letrec<{ type: Type; leaf: Type }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom("string", "number", "boolean", "unknown").map((kind) => ({ kind })),
    name.map((each) => ({ kind: "reference", name: each })),
    fc.string({ maxLength: 30 }).map((value) => ({ kind: "literal", value })),
  ),
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie("leaf"),
    tie("type").map((item) => ({ kind: "array", item })),
    tie("type").map((value) => ({ kind: "record", value })),
    fc
      .array(tie("leaf"), { minLength: 2, maxLength: 6 })
      .map((members) => ({ kind: "union", members })),
    fc.array(tie("type"), { minLength: 1, maxLength: 4 }).map((items) => ({
      kind: "tuple",
      items: items.map((each) => ({ type: each, optional: false })),
      rest: undefined,
    })),
  ),
}));

describe("the layout", () => {
  it("breaks types where prettier does", async () => {
    await fc.assert(
      fc.asyncProperty(type, name, async (of, property) => {
        const text = typeText(of as Parameters<typeof typeText>[0], "property");
        const source = `${fitted(`export interface X {\n  ${property}: ${text};\n}`)}\n`;
        expect(await pretty(source)).toBe(source);
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  it("writes names and texts as prettier does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: characters, maxLength: 12 }), async (text) => {
        const source = `export interface X {\n  ${propertyName(text)}: ${literal(text)};\n}\n`;
        expect(await pretty(source)).toBe(source);
        expect(new Function(`return ${literal(text)}`)()).toBe(text);
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  it("breaks calls where prettier does", async () => {
    const args = fc.array(
      fc.oneof(
        name,
        fc.tuple(name, fc.array(name, { maxLength: 3 })).map(([callee, all]) => call(callee, all)),
      ),
      { minLength: 2, maxLength: 4 },
    );
    const options = fc.option(fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(
        name,
        fc.array(name, { minLength: 1, maxLength: 3 }),
        args,
        options,
        async (left, types, all, last) => {
          const entries = last?.map(([key, value], i) => entry(`${key}${i}`, value));
          const value = call("/* @__PURE__ */ make", [
            ...all,
            ...(entries ? [object(entries)] : []),
          ]);
          const source = `${fitted(`export const ${left}: Type${typeArguments(types)} =${fluid(value)};`)}\n`;
          expect(await pretty(source)).toBe(source);
        },
      ),
      { numRuns: 300 },
    );
  }, 30_000);

  it("counts wide characters as two columns, as prettier does", async () => {
    for (let length = 1; length < 40; length++) {
      const items = ["漢".repeat(length), "🚀".repeat(3), "é"].map((text) => literal(text));
      const source = `${fitted(`export const a =${fluid(list("[", items, "]"))};`)}\n`;
      expect(await pretty(source)).toBe(source);
    }
  });
});
