import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import runtime from "./runtime/package.json" with { type: "json" };

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Each entry of the package leads to its source, so that tests need no build.
    alias: [
      ...Object.entries(runtime.exports)
        .map(
          ([entry, target]) =>
            [entry, typeof target === "string" ? target : target.default] as const,
        )
        .filter(([, file]) => /^\.\/dist\/(?!browser\/).*\.js$/.test(file))
        .map(([entry, file]) => ({
          find: new RegExp(`^alternats${entry.slice(1)}$`),
          replacement: source(file.replace("./dist/", "runtime/src/").replace(/\.js$/, ".ts")),
        })),
      { find: /^alternats-broker$/, replacement: source("examples/broker/src/broker.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/generator/support/corpus-setup.ts"],
    // Processes, so that what a test file leaves behind ends with it; as many as the machine that
    // the project is measured on has cores.
    pool: "forks",
    maxWorkers: 2,
    maxConcurrency: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
  },
});
