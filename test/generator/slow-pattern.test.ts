import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { isSlowPattern } from "../../generator/src/document/slow-pattern.js";
import { generateText } from "./support/workbench.js";

/** Patterns with a text that nearly fits, long enough to show how the time grows. */
const slow: readonly (readonly [pattern: string, text: string])[] = [
  ["^(a+)+$", `${"a".repeat(40)}!`],
  ["^(?:[a-z]*)*$", `${"a".repeat(40)}!`],
  ["^(\\w+\\s?)*$", `${"a".repeat(40)}!`],
  ["^(?<word>(?:\\d){1,}-?)+$", `${"1".repeat(40)}!`],
  ["^(?:x|y+)*z", "y".repeat(40)],
  ["^([^\\]]+[\\])]?)*$", `${"a".repeat(40)}]]`],
  ["^(((a+))?)*$", `${"a".repeat(40)}!`],
];

const quick = [
  "^[0-9]{17}$",
  "^(?:[a-z]+\\.)*[a-z]+$",
  "^(\\+\\d{1,3})?\\d+$",
  "^([a-z0-9]+(?:-[a-z0-9]+)*)$",
  "^[(a+)+]+$",
  "^\\(a+\\)+$",
  "^(a{2,5})+$",
  "^(?:a+(?=b)b)*$",
  "^(\\p{Letter}+\\u{20})*$",
  "^.*$",
  ")a+",
];

describe("a pattern", () => {
  it.each(slow)("that is slow is found: %s", (pattern, text) => {
    expect(isSlowPattern(pattern)).toBe(true);
    const test = (): unknown =>
      runInNewContext("new RegExp(pattern, 'u').test(text)", { pattern, text }, { timeout: 100 });
    expect(test).toThrow(/timed out/);
  });

  it.each(quick)("that is fast gives no warning: %s", (pattern) => {
    expect(isSlowPattern(pattern)).toBe(false);
  });

  it("that is slow gives a warning if messages are validated with it and their length is not limited", async () => {
    const document = `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  a:
    address: a
    messages:
      m:
        payload:
          properties:
            endless: { type: string, pattern: "^(a+)+$" }
            short: { type: string, pattern: "^(a+)+$", maxLength: 16 }
`;
    const codes = async (options: object): Promise<readonly unknown[]> => {
      const { diagnostics } = await generateText({ "a.yaml": document }, options);
      return diagnostics.map(({ code, line, severity }) => [code, line, severity]);
    };
    expect(await codes({ validate: "receive" })).toEqual([["slow-pattern", 11, "warning"]]);
    expect(await codes({})).toEqual([]);
  });
});
