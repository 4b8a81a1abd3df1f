import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { project } from "../support/project.js";

const require = createRequire(import.meta.url);

/** The package that reports installations, as the AsyncAPI parser brings it. */
const scarf = require("@scarf/scarf/report.js") as {
  dirName: () => string;
  processDependencyTreeOutput(
    resolve: (info: unknown) => void,
    reject: (error: Error) => void,
  ): (error: unknown, stdout: string, stderr: string) => void;
};

it("An installation of alternats-gen is reported to nobody", async () => {
  const args = ["ls", "@scarf/scarf", "--json", "--long", "--workspace", "alternats-gen"];
  const { stdout } = await promisify(execFile)("npm", args, {
    cwd: project,
    maxBuffer: 100_000_000,
  });
  const folder = dirname(require.resolve("@scarf/scarf/package.json"));
  scarf.dirName = () => folder;
  const decided = new Promise((resolve, reject) => {
    scarf.processDependencyTreeOutput(resolve, reject)(null, stdout, "");
  });
  await expect(decided).rejects.toThrow("disabled via a package.json in the dependency chain");
});
