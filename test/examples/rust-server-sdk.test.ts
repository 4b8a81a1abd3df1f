import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project } from "../support/project.js";

const folder = join(project, "examples/rust-server/sdk");
const files = readdirSync(folder).filter((name) => /\.[jt]s$/.test(name));

/** The lines of a file without comments and blank lines. */
function linesOf(name: string): readonly string[] {
  return readFileSync(join(folder, name), "utf8")
    .replace(/^ *\/\*\*[\s\S]*?\*\/$/gm, "")
    .replace(/^ *\/\/.*$/gm, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

describe("the SDK of the example, with 21 channels of which streams keep 17", () => {
  it("has at most 250 lines for the streams", () => {
    expect(linesOf("streams.ts").length).toBeLessThanOrEqual(250);
  });

  it("has at most 2,000 lines without validators", () => {
    const counted = files.filter((name) => !name.startsWith("validators"));
    const lines = counted.reduce((sum, name) => sum + linesOf(name).length, 0);
    expect(lines).toBeLessThanOrEqual(2_000);
  });

  it.each([
    ["operations.ts", /^(publish|subscribe|request|respond)|Messages$/],
    ["streams.ts", /^(append|consume|replay|last)/],
  ])("binds each function of %s in one statement without a body", (file, verb) => {
    const text = linesOf(file).join("\n");
    const bound = [...text.matchAll(/^export const (\w+): [^;{]*;$/gm)].map(([, name]) => name!);
    const functions = bound.filter((name) => verb.test(name));
    const all = [...text.matchAll(/^export \w+ (\w+)/gm)].map(([, name]) => name!);
    expect(functions.length).toBeGreaterThan(50);
    expect(functions).toEqual(all.filter((name) => verb.test(name)));
  });
});
