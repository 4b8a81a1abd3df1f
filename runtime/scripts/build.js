// Builds the package: declarations file by file, code bundled, since each module costs its own
// reading and compiling at start-up. The same sources make the code for Node.js and the code for browsers,
// which differ by the modules behind the "imports" of package.json.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const require = createRequire(import.meta.url);
const typescript = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [typescript, "-p", root, "--emitDeclarationOnly"], {
  stdio: "inherit",
});
/** @returns The sources of the files that the exports name under a condition, by their names in the output. */
const entries = (condition) =>
  Object.fromEntries(
    Object.values(exports)
      .map((target) => (typeof target === "string" ? { default: target } : target)[condition])
      .map((file) => /^\.\/dist\/(?:browser\/)?(.*)\.js$/.exec(file ?? "")?.[1])
      .filter((name) => name !== undefined)
      .map((name) => [name, `src/${name}.ts`]),
  );

/** Bundles entries of the package, each for itself, with what they share beside them. */
async function bundle(input, directory, target, conditionNames) {
  const bundled = await rolldown({
    cwd: root,
    input,
    platform: "neutral",
    external: /^[^.#/]/,
    resolve: { conditionNames, extensionAlias: { ".js": [".ts"] } },
    transform: { target },
    onLog(_, log) {
      throw new Error(log.message);
    },
  });
  await bundled.write({
    dir: directory,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/chunk-[hash].js",
    comments: false,
    codeSplitting: {
      groups: [
        {
          name: "shared",
          // What two entries share stays one: a NatsKey of the SDK is a NatsKey of the engine.
          minShareCount: 2,
          // It loads a package, which only those may do who use it.
          test: /src.(?!serialization.msgpack)/,
          // Each file costs about as much time as 10 KB of code, so those of what few entries share are not worth theirs.
          entriesAware: true,
          entriesAwareMergeThreshold: 50_000,
        },
      ],
    },
  });
}

await bundle(entries("default"), "dist", "node20", ["default"]);
await bundle(entries("browser"), "dist/browser", "es2022", ["browser", "default"]);
