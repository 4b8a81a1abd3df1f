import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project } from "../../support/project.js";
import { Workbench } from "../support/workbench.js";
import { good, runHere, runIn } from "./support.js";

describe("--check", { timeout: 40_000 }, () => {
  it("finds missing and changed files, and writes nothing", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", good);
    const missing = await runIn(bench.folder, ["asyncapi.yaml", "--check", "--json"]);
    expect(missing.code).toBe(1);
    const [report] = JSON.parse(missing.out).sdks;
    expect(report).toMatchObject({ done: false, changed: [], removed: [] });
    expect(report.differences).toHaveLength(10);
    expect(report.differences).toContainEqual({ path: "types.ts", kind: "missing", lines: [] });
    expect(await bench.list()).not.toContain("sdk");
    await runHere(bench.folder, ["asyncapi.yaml"]);

    const keys = join(bench.folder, "sdk/keys.ts");
    const was = await readFile(keys, "utf8");
    await writeFile(keys, was.replace('"moved"', '"removed"'));
    const line = was.split("\n").findIndex((each) => each.includes('"moved"')) + 1;
    const text = was.split("\n")[line - 1]!;
    const changed = await runHere(bench.folder, ["asyncapi.yaml", "--check"]);
    expect(changed.code).toBe(1);
    expect(changed.error).toContain(
      `sdk/keys.ts is not what would be generated\n  ${line} - ${text.replace('"moved"', '"removed"')}\n    + ${text}\n`,
    );
    expect(changed.error).toContain("sdk: 1 file of the SDK out of date.\n");
    expect(changed.error).not.toContain("It was made by");
    expect(await readFile(keys, "utf8")).not.toBe(was);
  });

  it("reports that another version generated the SDK, and that only line endings differ", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", good);
    await runHere(bench.folder, ["asyncapi.yaml", "--validate", "both"]);
    const manifest = join(bench.folder, "sdk/alternats.json");
    const { version } = JSON.parse(await readFile(join(project, "generator/package.json"), "utf8"));
    const text = await readFile(manifest, "utf8");
    expect(text).toContain(`"generator": "alternats-gen ${version}"`);
    await writeFile(manifest, text.replace(`alternats-gen ${version}`, "alternats-gen 0.0.9"));
    const other = await runHere(bench.folder, ["asyncapi.yaml", "--check", "--validate", "both"]);
    expect(other.code).toBe(1);
    expect(other.error).toContain("sdk/alternats.json is not what would be generated\n");
    expect(other.error).toContain(
      `It was made by alternats-gen 0.0.9, this is alternats-gen ${version}: install that one, or generate again.\n`,
    );

    const types = join(bench.folder, "sdk/types.ts");
    await writeFile(types, (await readFile(types, "utf8")).replaceAll("\n", "\r\n"));
    const stale = await runHere(bench.folder, ["asyncapi.yaml", "--check"]);
    expect(stale.error).toContain("sdk/validators.js is stale\n");
    expect(stale.error).toContain(
      "sdk/types.ts is not what would be generated\n  only the ends of its lines differ\n",
    );
  });
});

describe("the examples' committed SDKs", () => {
  it.each(["rust-server", "gateway"])(
    "%s: the package script that CI runs finds nothing out of date",
    async (example) => {
      const folder = join(project, "examples", example);
      const { scripts } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      expect(scripts.check).toBe("alternats-gen --check");
      expect(await readFile(join(project, ".ci/run"), "utf8")).toContain("npm run check");
      const { code, out } = await runHere(folder, scripts.check.split(" ").slice(1));
      expect(out).toMatch(/^sdk\/index\.ts: nothing changed, \d+ files\n$/);
      expect(code).toBe(0);
    },
  );
});
