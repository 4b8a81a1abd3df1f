import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parsers } from "prettier/plugins/babel";
import { describe, expect, it } from "vitest";
import { reservedConstants, reservedTypes } from "../../generator/src/model/names.ts";
import { project } from "./support/workbench.js";

const render = join(project, "generator/src/render");
const templates = join(project, "templates/sdk");

/** The texts of a module: its string literals and the fixed parts of its template literals. */
function textsOf(code: string): readonly string[] {
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, value } = node as { readonly type?: string; readonly value?: unknown };
    if (type === "StringLiteral") texts.push(String(value));
    if (type === "TemplateElement") texts.push((value as { readonly raw: string }).raw);
    for (const child of Object.values(node)) visit(child);
  };
  visit((parsers["babel-ts"].parse as (text: string, options: object) => unknown)(code, {}));
  return texts;
}

describe("templates hold the fixed words of the SDK's files", () => {
  it("finds words in texts, and not in statements", () => {
    const code = `import { a } from "b";\nexport function c() { return \`export \${a}\` + "d"; }`;
    expect(textsOf(code)).toEqual(["b", "export ", "", "d"]);
  });

  const files = readdirSync(render, { recursive: true, encoding: "utf8" }).filter(
    // Codecs are compiled: their bodies are no templates.
    (file) => file.endsWith(".ts") && !file.endsWith(".d.ts") && !file.startsWith("codec/"),
  );

  it.each(files)("render/%s writes no export, function or import", (file) => {
    const texts = textsOf(readFileSync(join(render, file), "utf8"));
    expect(texts.filter((text) => /\b(?:export|function|import)\b/.test(text))).toEqual([]);
  });

  it("import no name that the document could give to a type or a constant beside it", () => {
    const reserved = new Set([...reservedTypes, ...reservedConstants]);
    const imported = ["channels", "codecs", "keys"].flatMap((name) => {
      const text = readFileSync(join(templates, `${name}.hbs`), "utf8");
      const lists = [...text.matchAll(/^import (?:type )?\{([^{}]*)\} from/gm)];
      const names = lists.flatMap(([, list = ""]) => list.split(","));
      const spaces = [...text.matchAll(/^import \* as (\w+) from/gm)].map(([, each = ""]) => each);
      const all = [...names.map((each) => each.trim().replace("type ", "")), ...spaces];
      // The functions of codecs.ts have names that begin with what they do and with their format.
      return name === "codecs" ? all.filter((each) => /^[A-Z]/.test(each)) : all;
    });
    expect(imported.length).toBeGreaterThan(30);
    expect(imported.filter((name) => name !== "" && !reserved.has(name))).toEqual([]);
  });
});
