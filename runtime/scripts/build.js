// Builds the package: declarations file by file, code bundled, since each module costs its own
// reading and compiling at start-up. The same sources make the code for Node.js and the code for browsers,
// which differ by the modules behind the "imports" of package.json.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const require = createRequire(import.meta.url);
const typescript = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [typescript, "-p", root, "--emitDeclarationOnly"], {
  stdio: "inherit",
});
/** @returns The sources of the files that the exports name under a condition, and nothing but its own. */
const entries = (condition) =>
  Object.values(exports)
    .map((target) => (typeof target === "string" ? { default: target } : target)[condition])
    .map((file) => /^\.\/dist\/(?:browser\/)?(.*)\.js$/.exec(file ?? "")?.[1])
    .filter((name) => name !== undefined)
    .map((name) => `src/${name}.ts`);
const common = {
  absWorkingDir: root,
  outbase: "src",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  // What two entries share stays one: a NatsKey of the SDK is a NatsKey of the engine.
  splitting: true,
  packages: "external",
  external: ["node:*"],
  platform: "neutral",
  format: "esm",
  logLevel: "warning",
};
await build({
  ...common,
  entryPoints: [...new Set(entries("default"))],
  outdir: "dist",
  target: "node20",
});
await build({
  ...common,
  entryPoints: entries("browser"),
  outdir: "dist/browser",
  target: "es2022",
  conditions: ["browser"],
});
