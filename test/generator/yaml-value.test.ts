import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { yamlValue } from "../../generator/src/document/yaml-value.ts";
import { corpus } from "./support/corpus-index.js";
import { project } from "./support/workbench.js";

/** The value by another parser; undefined for a text that it refuses. */
function expected(text: string): unknown {
  const documents = parseAllDocuments(text, { merge: true, logLevel: "silent" });
  const [document] = documents;
  if (documents.length !== 1 || document?.errors.length !== 0) return undefined;
  return document.toJS({ maxAliasCount: -1 }) ?? undefined;
}

const documents = [join(project, "test/fixtures"), corpus]
  .filter((folder) => existsSync(folder))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.ya?ml$/.test(path) && !path.includes("node_modules"))
      .map((path) => join(folder, path)),
  );

describe("the quick reader of YAML", () => {
  it("reads real documents as the parser that knows places does, in the same order", () => {
    for (const path of documents) {
      const text = readFileSync(path, "utf8");
      const value = yamlValue(text);
      // Without a value, the other parser reads the text.
      if (value === undefined) continue;
      expect(JSON.stringify(value), path).toBe(JSON.stringify(expected(text)));
      expect(value, path).toEqual(expected(text));
    }
  });

  it.each([
    "a: [0o14, 0x1F, 012, -0, +3, 1_000, 0b11, 1e3, 1.5E-2, .5, 5., .inf, -.INF, .nan]",
    "a: [yes, no, on, True, FALSE, null, ~, Null, nULL]\nb:\nc: ''",
    "a: 2024-01-31\nb: 12:30:45\nc: 2001-12-14t21:59:43.10-05:00",
    "a: &x [1, { b: 2 }]\nc: *x",
    "a: |\n  one\n   two\n\nb: >-\n  one\n  two\n\n  three\n",
    "a: \"\\u0041\\t\\x41\\/\"\nb: 'it''s'\nc: one\n  two\n\n  three",
    "base: &b { x: 1, y: 2 }\na: { <<: *b, y: 3 }",
    "~: 1\nnull: 2\n? [a]\n: 3\n",
    "1: a\n1.0: b\ntrue: c\n",
    "? [a]\n: 3\n",
    "a: { ~ : 1 }",
    "a: {\n : 1}",
    "a: { b: 1,\n  null\n  : 1}",
    "a:\n- : 1\n",
    "a:\n-\t\n  \u00a0: 1\n",
    "a:\r\n  : 1\r\n",
    "\u2028: 1",
    "%YAML 1.1\n---\na: yes",
    "__proto__: { x: 1 }\nhasOwnProperty: 2",
    "a: 1\na: 2",
    "a: 1\n---\nb: 2",
    "!!str 5",
    "a: !!binary aGk=",
  ])("reads a value in the same way or not at all: %j", (text) => {
    const value = yamlValue(text);
    if (value !== undefined) expect(value).toEqual(expected(text));
  });

  it.each([
    "\n",
    "\r\n",
    " ",
    "\t",
    "-",
    ",",
    "- ",
    ", ",
    " \n",
    "~",
    "\u2028",
    "\ufeff",
    ":",
    "?",
  ])(
    "takes less than a second for a text with %j 100,000 times",
    (part) => {
      const start = performance.now();
      for (const before of ["a: 1\n", "a: ", "a: { "])
        yamlValue(`${before}${part.repeat(100_000)}x`);
      yamlValue(`a: 1${part.repeat(100_000)}\nb: 2\n`);
      expect(performance.now() - start).toBeLessThan(1_000);
    },
    60_000,
  );
});
