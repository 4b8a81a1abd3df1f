import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { isSlowPattern } from "../../generator/src/document/slow-pattern.js";
import { linearPattern } from "../../generator/src/model/linear-pattern.js";
import { checkOf } from "./support/check.js";
import { generateText, Workbench } from "./support/workbench.js";

/** Patterns with a text that nearly fits, long enough to show how the time grows. */
const slow: readonly (readonly [pattern: string, text: string])[] = [
  ["^(a+)+$", `${"a".repeat(40)}!`],
  ["^(?:[a-z]*)*$", `${"a".repeat(40)}!`],
  ["^(\\w+\\s?)*$", `${"a".repeat(40)}!`],
  ["^(?<word>(?:\\d){1,}-?)+$", `${"1".repeat(40)}!`],
  ["^(?:x|y+)*z", "y".repeat(40)],
  ["^([^\\]]+[\\])]?)*$", `${"a".repeat(40)}]]`],
  ["^(((a+))?)*$", `${"a".repeat(40)}!`],
  ["(x+x+)+y", "x".repeat(60)],
  ["^(a|aa)+$", `${"a".repeat(60)}!`],
  ["^(a|a)*$", `${"a".repeat(40)}!`],
  ["(a*)*b", "a".repeat(40)],
  ["^(\\w|\\d)+$", `${"1".repeat(40)}!`],
  ["^(a|a?)+$", `${"a".repeat(40)}!`],
  ["^(.*a){20}$", `${"a".repeat(60)}!`],
  ["^(?:.*,){11}P", ",".repeat(60)],
  ["^(\\s*,?\\s*)*x", " ".repeat(60)],
  ["^(a{2,5})+$", `${"a".repeat(120)}!`],
  ["^(a(b?|c?))+$", `${"a".repeat(60)}!`],
  ["^(\\p{L}+[\\p{Lu}-]?)*$", `${"É".repeat(60)}!`],
  ["^(([a-zA-Z0-9])+([._-]?))*@", "a".repeat(60)],
  ["^(?:a?b?)*c", "ab".repeat(40)],
  ["^(a|b|ab)*c", "ab".repeat(60)],
  ["^(?:[0-9]+(?:\\.[0-9]*)?)+$", `${"1".repeat(60)}!`],
  ["^(?=(?:a+)+$)b", `${"a".repeat(40)}!`],
  ["^(?:(a)\\1?)+$", `${"a".repeat(80)}!`],
];

/** Patterns with one way through their loops, many of them from real documents. */
const quick = [
  "^[0-9]{17}$",
  "^(?:[a-z]+\\.)*[a-z]+$",
  "^(\\+\\d{1,3})?\\d+$",
  "^([a-z0-9]+(?:-[a-z0-9]+)*)$",
  "^[(a+)+]+$",
  "^\\(a+\\)+$",
  "^(a{3})+$",
  "^(?:a+(?=b)b)*$",
  "^(\\p{Letter}+\\u{20})*$",
  "^.*$",
  ")a+",
  "^(foo|bar|baz)+$",
  "^(ab|ac|ad)+$",
  "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?Z$",
  "^(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}$",
  "^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$",
  "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
  "^(?!.*\\.\\.)[a-z.]+$",
  "^(?=.*[A-Z])(?=.*\\d).{8,}$",
  '^(?:[^"\\\\]|\\\\.)*$',
  "^(\\w+)\\1$",
  "^(?:\\s|\\S)*$",
  "^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-((?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?$",
];

/** Patterns that RE2 runs, with every kind of part. */
const linear = [
  ...slow.map(([pattern]) => pattern).filter((pattern) => !/\(\?=|\\1/.test(pattern)),
  "^.$",
  "^(?:a.c|b\\Dd)$",
  "^\\s+|\\S\\s$",
  "[\\s\\d]{2}[^\\S]",
  "^[^\\w-]+$",
  "\\bab\\b|\\Bc\\B",
  "^[a-c\\-\\]^]+$",
  "^[^]$",
  "\\u00e9|\\u{1F600}|\\x41|\\cJ|\\t\\v\\0",
  "^\\p{L}+\\P{Nd}?$",
  "^\\p{Script=Greek}|\\p{Decimal_Number}$",
  "a{2,3}?b{2}c{1,}?|^$",
  "^(?<year>\\d{4})/\\.\\*$",
];

describe("a pattern", () => {
  it.each(slow)("that may take exponential time is found: %s", (pattern, text) => {
    expect(isSlowPattern(pattern)).toBe(true);
    const test = (): unknown =>
      runInNewContext("new RegExp(pattern, 'u').test(text)", { pattern, text }, { timeout: 100 });
    expect(test).toThrow(/timed out/);
  });

  it.each(quick)("that does not is not reported: %s", (pattern) => {
    expect(isSlowPattern(pattern)).toBe(false);
  });

  it.each([
    ["deep", `${"(".repeat(5_000)}a${")".repeat(5_000)}`],
    ["counted within counted", `^${"(".repeat(8)}a${"{6})".repeat(8)}+$`],
    ["of many optional parts", "a?".repeat(3_000)],
    ["of many words", Array.from({ length: 20_000 }, (_, i) => `w${i}`).join("|")],
    [
      "of many words, repeated",
      `(${Array.from({ length: 3_000 }, (_, i) => `w${i}`).join("|")})+x`,
    ],
  ])("that is %s is judged soon", (_, pattern) => {
    const before = performance.now();
    isSlowPattern(pattern);
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it.each(linear)("matches the same texts in linear time as natively: %s", (pattern) => {
    const converted = linearPattern(pattern);
    expect(converted).toBeDefined();
    const re2 = RE2JS.compile(converted!);
    const native = new RegExp(pattern, "u");
    const characters = fc.constantFrom(..."abcx1 ,.-_é\n\r\t\v\0\u00a0\u2028\ufeff😀AZÉα]^/*PdJ");
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 8 }), (text) => {
        expect([text, re2.test(text)]).toEqual([text, native.test(text)]);
      }),
      { numRuns: 300 },
    );
  });

  it.each(slow.filter(([pattern]) => linear.includes(pattern)))(
    "runs in linear time: %s",
    (pattern, text) => {
      const re2 = RE2JS.compile(linearPattern(pattern)!);
      const before = performance.now();
      expect(re2.test(text.slice(0, -1).repeat(200) + text.slice(-1))).toBe(false);
      expect(performance.now() - before).toBeLessThan(10_000);
    },
  );

  it.each(["^(?=(a+)+$)b", "^(a+)+\\1$", "^(a+)+(?<!b)$", "^(a+){1,1001}$", "^(\\p{Emoji}+)+$"])(
    "has no form in linear time if RE2 lacks a part: %s",
    (pattern) => {
      expect(linearPattern(pattern)).toBeUndefined();
    },
  );

  it("that is slow runs in linear time if messages are validated with it and their length is not limited", async () => {
    const document = documentOf({
      endless: { type: "string", pattern: "^(a+)+$" },
      short: { type: "string", pattern: "^(a|aa)+$", maxLength: 16 },
    });
    const { diagnostics } = await generateText({ "a.json": document }, { validate: "receive" });
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
      ["slow-pattern", "warning"],
    ]);
    expect(diagnostics[0]?.message).toContain("re2js");
    expect((await generateText({ "a.json": document }, {})).diagnostics).toEqual([]);
  });

  it("that is slow takes no time in a validator, as a value's or as a name's", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "slow", {
      Root: {
        type: "object",
        properties: {
          endless: { type: "string", pattern: "^(a+)+$" },
          plain: { type: "string", pattern: "^a+$" },
          short: { type: "string", pattern: "^(a|aa)+$", maxLength: 16 },
        },
        patternProperties: { "^(n|nn)+$": { type: "number" } },
      },
    });
    const nearly = `${"a".repeat(10_000)}!`;
    expect(check({ endless: nearly })).toBe(false);
    expect(check({ plain: nearly })).toBe(false);
    expect(check({ short: nearly })).toBe(false);
    expect(check({ [`${"n".repeat(10_000)}!`]: "text" })).toBe(true);
    expect(check({ nnn: "text" })).toBe(false);
    expect(check({ endless: "aaa", plain: "aaa", short: "aaa", nnn: 1 })).toBe(true);
  });

  it("that cannot run in linear time is refused", async () => {
    const document = documentOf({
      looking: { type: "string", pattern: "^(?=(a+)+$)b" },
      short: { type: "string", pattern: "^(?=(a+)*$)b", maxLength: 16 },
    });
    const { diagnostics } = await generateText({ "a.json": document }, { validate: "receive" });
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
      ["slow-pattern", "error"],
    ]);
    expect((await generateText({ "a.json": document }, {})).diagnostics).toEqual([]);
  });
});

/** A document with a message of some properties. */
function documentOf(properties: object): string {
  return JSON.stringify({
    asyncapi: "3.0.0",
    info: { title: "T", version: "1" },
    servers: { n: { host: "localhost", protocol: "nats" } },
    channels: { a: { address: "a", messages: { m: { payload: { type: "object", properties } } } } },
  });
}
