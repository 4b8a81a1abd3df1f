import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { project } from "../support/project.js";

/** Words that open a relative clause or a question instead of naming a thing or an action. */
const FORBIDDEN = /^(?:What|Who|Whom|Whose|Which|Told|Where|When|Why|How|Whether)\b/;

/** Sources below these folders, except generated SDKs. */
const folders = ["runtime/src", "generator/src", "templates", "examples", "test"];

const sources = folders.flatMap((folder) =>
  readdirSync(join(project, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => /\.(?:[cm]?[jt]sx?|hbs)$/.test(file))
    .filter(
      (file) => !/\b(?:node_modules|dist)\b|^examples\/[^/]+\/sdk\/|^test\/fixtures\//.test(file),
    ),
);

/** @returns The beginnings of a doc comment's descriptions: its own, and those of parameters and results. */
function beginnings(comment: string): readonly string[] {
  const text = comment.replace(/^[ \t]*\* ?/gm, "").trim();
  const tags = text.matchAll(/@(?:param \S+|returns?)\s+(\w.{0,60})/g);
  return [text, ...[...tags].map(([, description = ""]) => description)];
}

it("doc comments start with a noun phrase or a verb phrase", () => {
  expect(sources.length).toBeGreaterThan(300);
  const wrong = sources.flatMap((file) =>
    [...readFileSync(join(project, file), "utf8").matchAll(/\/\*\*([\s\S]*?)\*\//g)]
      .flatMap(([, comment = ""]) => beginnings(comment))
      .filter((text) => FORBIDDEN.test(text))
      .map((text) => `${file}: ${text.split("\n")[0]}`),
  );
  expect(wrong).toEqual([]);
});
