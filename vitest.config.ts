import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^alternats$/, replacement: source("runtime/src/index.ts") },
      { find: /^alternats\/msgpack$/, replacement: source("runtime/src/serialization/msgpack.ts") },
      {
        find: /^alternats\/sdk\/validate$/,
        replacement: source("runtime/src/sdk/validate/index.ts"),
      },
      { find: /^alternats\/sdk$/, replacement: source("runtime/src/sdk/index.ts") },
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
    testTimeout: 15_000,
    hookTimeout: 15_000,
    teardownTimeout: 5_000,
  },
});
