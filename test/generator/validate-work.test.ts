import { json } from "alternats/sdk";
import { InvalidMessageError, validated } from "alternats/sdk/validate";
import { describe, expect, it } from "vitest";
import { BytesWriter } from "../sdk/bytes-writer.js";
import { checkOf } from "./support/check.js";
import { Workbench } from "./support/workbench.js";

const root = { $ref: "#/components/schemas/Root" };

/** Schema of an object whose `child` has the schema of the root. */
function parent(more: object = {}): object {
  return { properties: { child: root, wrong: { type: "string" }, ...more } };
}

/** At the end of a message, what fits those and what does not. */
const leaves: readonly unknown[] = [5, { wrong: 5 }];

/** Schemas that hold each level of a message against themselves in several ways. */
const schemas: Readonly<Record<string, object>> = {
  "anyOf that lists itself twice": {
    Root: { anyOf: [parent(), parent({ other: {} })] },
  },
  "oneOf of three": {
    Root: { oneOf: [parent({ a: {} }), parent({ b: {} }), parent({ c: {} })] },
  },
  "named alternatives": {
    Root: { oneOf: [{ $ref: "#/components/schemas/A" }, { $ref: "#/components/schemas/B" }] },
    A: parent({ a: { type: "string" } }),
    B: parent({ b: { type: "string" } }),
  },
  "alternatives with a discriminator that are alike but for it": {
    Root: {
      type: "object",
      required: ["kind"],
      properties: { kind: { type: "string" } },
      discriminator: "kind",
      anyOf: [{ $ref: "#/components/schemas/A" }, { $ref: "#/components/schemas/B" }],
    },
    A: { anyOf: [parent(), parent({ a: {} })] },
    B: { anyOf: [parent(), parent({ b: {} })] },
  },
  allOf: { Root: { allOf: [parent(), parent({ x: {} }), parent({ y: {} })] } },
  "not within not": {
    Root: { ...parent(), not: { not: parent({ x: {} }) } },
  },
  "if, then and else": {
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    Root: { if: parent(), then: parent({ x: {} }), else: parent({ y: {} }) },
  },
  "a name and a pattern for it": {
    Root: { ...parent(), patternProperties: { "^ch": root, d$: root } },
  },
  "items and contains": {
    Root: { properties: { wrong: { type: "string" } }, items: root, contains: root },
  },
  dependencies: { Root: { ...parent(), dependencies: { child: parent({ x: {} }) } } },
  "references that double without a circle": {
    ...Object.fromEntries(
      Array.from({ length: 24 }, (_, i) => [
        i === 0 ? "Root" : `Step${i}`,
        {
          anyOf: [0, 1].map((n) => ({
            allOf: [{ $ref: `#/components/schemas/Step${i + 1}` }, { required: [`x${n}`] }],
          })),
        },
      ]),
    ),
    Step24: parent(),
  },
};

/** Counts how often something looks into a message, and stops what never ends. */
class Looks {
  count = 0;

  /** @param depth Number of levels. @param leaf The innermost value. */
  message(depth: number, leaf: unknown, isArray: boolean): unknown {
    let message = leaf;
    for (let i = 0; i < depth; i++) {
      const level = isArray ? [message] : { kind: "A", child: message };
      message = new Proxy(level, {
        get: (target, name) => {
          if (++this.count > 1_000_000) throw new Error("there is no end to it");
          return Reflect.get(target, name);
        },
      });
    }
    return message;
  }
}

describe("the work of a check", () => {
  it.each(Object.entries(schemas))(
    "grows with the message, not with its alternatives: %s",
    async (name, components) => {
      await using bench = await Workbench.open();
      const check = await checkOf(bench, "a", components);
      const looksAt = (depth: number, leaf: unknown): number => {
        const looks = new Looks();
        check(looks.message(depth, leaf, name.startsWith("items")));
        return looks.count;
      };
      for (const leaf of leaves) {
        const [few, many] = [looksAt(500, leaf), looksAt(1000, leaf)];
        expect(many).toBeGreaterThan(0);
        expect(many).toBeLessThan(2.5 * few + 1000);
      }
    },
  );

  it("accepts valid messages, and reports the position of invalid ones", async () => {
    await using bench = await Workbench.open();
    const node = { $ref: "#/components/schemas/Node" };
    const check = await checkOf(bench, "a", {
      Root: { type: "object", properties: { first: node, second: node } },
      Node: {
        anyOf: [
          { type: "object", required: ["l"], properties: { l: node, x: {} } },
          { type: "object", required: ["l"], properties: { l: node, y: {} } },
          { type: "integer" },
        ],
      },
    });
    const deep = (leaf: unknown): unknown => {
      let value = leaf;
      for (let i = 0; i < 14; i++) value = { l: value };
      return value;
    };
    expect(check({ first: deep(1), second: deep(2) })).toBe(true);
    expect(check.errors).toBe(null);
    expect(check({ first: deep(1), second: deep("x") })).toBe(false);
    const [issue, ...others] = check.errors ?? [];
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ instancePath: `/second${"/l".repeat(14)}`, keyword: "type" });
    // The same object in two places is told of in each.
    const shared = deep("x");
    expect(check({ first: 1, second: shared })).toBe(false);
    expect(check({ first: { l: shared } })).toBe(false);
    expect(check.errors?.[0]).toHaveProperty("instancePath", `/first/l${"/l".repeat(14)}`);
  });

  it("keeps nothing of the previous message", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "a", schemas["anyOf that lists itself twice"] ?? {});
    const bottom: { wrong: unknown } = { wrong: 5 };
    let message: unknown = bottom;
    for (let i = 0; i < 14; i++) message = { child: message };
    expect(check(message)).toBe(false);
    bottom.wrong = "";
    expect(check(message)).toBe(true);
  });

  it("rejects by name values nested deeper than the stack", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "a", {
      Root: { type: "object", properties: { child: root } },
    });
    const message = validated(json(), check, "both");
    const text = `${'{"child":'.repeat(100_000)}{}${"}".repeat(100_000)}`;
    const bytes = new TextEncoder().encode(text);
    const refused = {
      name: "InvalidMessageError",
      code: "INVALID_MESSAGE",
      rule: "depth",
      path: "",
    };
    const reading = (): unknown => message.deserialize(bytes, 0, bytes.length);
    expect(reading).toThrow(InvalidMessageError);
    expect(reading).toThrow(expect.objectContaining(refused));
    const circle: { child?: unknown } = {};
    circle.child = circle;
    const writing = (): void => message.serialize(circle, new BytesWriter());
    expect(writing).toThrow(expect.objectContaining(refused));
  });

  it("compares the items of an array without comparing each with each", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "a", {
      Root: { type: "array", uniqueItems: true, items: root },
    });
    let looks = 0;
    const item = (i: number): unknown =>
      new Proxy([i], {
        get(target, name) {
          looks++;
          return Reflect.get(target, name);
        },
      });
    const items = Array.from({ length: 2_000 }, (_, i) => item(i));
    expect(
      await checkOf(bench, "b", { Root: { type: "array", uniqueItems: true } }).then((flat) =>
        flat(items),
      ),
    ).toBe(true);
    expect(looks).toBeLessThan(40_000);
    // At each level of depth what is below would be compared again.
    looks = 0;
    let nested: unknown = items.map((each) => [each]);
    for (let i = 0; i < 100; i++) nested = [nested, []];
    expect(check(nested)).toBe(false);
    expect(looks).toBeLessThan(80_000);
  });
});
