import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { project } from "../support/project.js";

/** Folders that paths in the documentation are relative to. */
const folders = ["", "docs", "runtime/src", "generator/src"];

/** Files of every command, and of every SDK. */
const elsewhere = ["command.ts", "options.ts", "run.ts", "alternats.json"];

it.each(["docs/architecture.md", "CONTRIBUTING.md"])("%s names only files that exist", (page) => {
  const text = readFileSync(join(project, page), "utf8").replace(/^```[\s\S]*?^```/gm, "");
  const quoted = [...text.matchAll(/`([\w./-]+)`/g)].map(([, path]) => path!);
  const paths = quoted.filter((path) => /\/.|\.(?:ts|hbs|md|json)$|\w\/$/.test(path));
  expect(paths.length).toBeGreaterThan(15);
  const missing = paths.filter((path) =>
    folders.every((folder) => !existsSync(join(project, folder, path))),
  );
  expect(missing.filter((path) => !elsewhere.includes(path))).toEqual([]);
});
