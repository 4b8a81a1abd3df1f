import fc from "fast-check";
import * as prettier from "prettier";
import { describe, expect, it } from "vitest";
import { literal, propertyName } from "../../generator/src/render/literal.ts";
import { typeText } from "../../generator/src/render/type-text.ts";
import { layout } from "../../generator/src/typescript/layout.ts";

/** Text as prettier formats it, independent of its layout before. */
const pretty = (text: string): Promise<string> => prettier.format(text, { parser: "typescript" });

const name = fc
  .tuple(fc.constantFrom("A", "Player", "GameServer"), fc.nat(40))
  .map(([start, length]) => start + "x".repeat(length));

/** Parts of texts, and the characters between them. */
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
    // The model has no unions with equal members.
    fc
      .uniqueArray(tie("leaf"), {
        minLength: 2,
        maxLength: 6,
        selector: (of) => JSON.stringify(of),
      })
      .map((members) => ({ kind: "union", members })),
    fc.array(tie("type"), { minLength: 1, maxLength: 4 }).map((items) => ({
      kind: "tuple",
      items: items.map((each) => ({ type: each, optional: false })),
      rest: undefined,
    })),
  ),
}));

/** Lays a statement out and compares it with what prettier makes of it. */
async function expectPretty(statement: string): Promise<void> {
  const source = `${layout(statement)}\n`;
  expect(await pretty(source)).toBe(source);
}

describe("layout", () => {
  it("breaks types like prettier", async () => {
    await fc.assert(
      fc.asyncProperty(type, name, async (of, property) => {
        const text = typeText(of as Parameters<typeof typeText>[0]);
        await expectPretty(`export interface X {\n  ${property}: ${text};\n}`);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it("breaks aliases and annotations where prettier does", async () => {
    await fc.assert(
      fc.asyncProperty(type, name, async (of, named) => {
        const text = typeText(of as Parameters<typeof typeText>[0]);
        await expectPretty(`export type ${named} = ${text};`);
        await expectPretty(`export const ${named}: Subject<${text}> = make(${named});`);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it("keeps a literal that is the only type argument on the line of its type, like prettier", async () => {
    for (let length = 1; length < 50; length++) {
      const named = `Player${"x".repeat(length)}`;
      for (const of of ['"a text"', "`a text`", "123456789", "-12345678"])
        await expectPretty(`export const ${named}: Subject<${of}> = make(${named});`);
    }
  });

  it("writes names and texts like prettier", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: characters, maxLength: 12 }), async (text) => {
        const source = `export interface X {\n  ${propertyName(text)}: ${literal(text)};\n}\n`;
        expect(await pretty(source)).toBe(source);
        expect(`${layout(source)}\n`).toBe(source);
        expect(new Function(`return ${literal(text)}`)()).toBe(text);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it("breaks calls like prettier", async () => {
    const args = fc.array(
      fc.oneof(
        name,
        fc
          .tuple(name, fc.array(name, { maxLength: 3 }))
          .map(([callee, all]) => `${callee}(${all.join(", ")})`),
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
          const entries = last?.map(([key, value], i) => `${key}${i}: ${value}`).join(", ");
          const given = [...all, ...(entries === undefined ? [] : [`{ ${entries} }`])].join(", ");
          await expectPretty(
            `export const ${left}: Type<${types.join(", ")}> = /* @__PURE__ */ make(${given});`,
          );
          await expectPretty(`async function run() {\n  return nats.${left}(${given});\n}`);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it("breaks functions, conditions and chains where prettier does", async () => {
    const parameters = fc.array(fc.tuple(name, type), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(name, parameters, name, async (called, all, value) => {
        const written = all
          .map(([each, of], i) => `${each}${i}: ${typeText(of as Parameters<typeof typeText>[0])}`)
          .join(", ");
        const lines = [
          `if (own & 0b1 && ${value} !== undefined) to.key(${value}, 1).string(${value});`,
          `if (from.has(${value}, 2)) value.x = from.key(${value}, 2).array(read${value});`,
          `return ${value};`,
        ];
        await expectPretty(
          `export function ${called}(${written}): ${value} {\n  ${lines.join("\n  ")}\n}`,
        );
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it("joins brackets, and leaves braces open that begin a line", async () => {
    const source = `import { b,
  type A, } from "x";

const open = {
  a: 1,
};
const joined = make(
  open,

  { b: 2, },
);
`;
    expect(layout(source)).toBe(`import { b, type A } from "x";

const open = {
  a: 1,
};
const joined = make(open, { b: 2 });`);
  });

  it("leaves code that it does not know as it is", () => {
    for (const source of [
      `class A<T> { readonly #b = ${"x".repeat(80)} ? /["'{]/ : \`\${{ a: "b" }}\`; }`,
      `label: for (let i = 0; i < ${"x".repeat(60)}; i++) { if (i > 2) continue label; }`,
      `const a = ${"`a\\n  $"}{${"`b$"}{c}${"`"}}${"\\n`"};`,
      "const broken = (;",
      "// only a comment",
    ])
      expect(layout(source)).toBe(source);
  });

  it("counts wide characters as two columns, like prettier", async () => {
    for (let length = 1; length < 40; length++) {
      const items = ["漢".repeat(length), "🚀".repeat(3), "é"].map((text) => literal(text));
      await expectPretty(`export const a = [${items.join(", ")}];`);
    }
  });
});
