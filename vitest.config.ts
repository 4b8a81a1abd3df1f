import { readdirSync } from "node:fs";
import { dirname, join, relative, resolve as resolvePath } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";
import { makePart, parts, templatesFolder } from "./generator/scripts/parts.js";
import runtime from "./runtime/package.json" with { type: "json" };

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const resolve = {
  // Each entry of the package leads to its source, so that tests need no build.
  alias: [
    ...Object.entries(runtime.exports)
      .map(
        ([entry, target]) => [entry, typeof target === "string" ? target : target.default] as const,
      )
      .filter(([, file]) => /^\.\/dist\/(?!browser\/).*\.js$/.test(file))
      .map(([entry, file]) => ({
        find: new RegExp(`^alternats${entry.slice(1)}$`),
        replacement: source(file.replace("./dist/", "runtime/src/").replace(/\.js$/, ".ts")),
      })),
    { find: /^alternats-broker$/, replacement: source("examples/broker/src/broker.ts") },
  ],
};

/** Modules of the generator that its build makes are made here when a test first loads one. */
const generatorParts: Plugin = {
  name: "generator-parts",
  resolveId(id, importer) {
    const path = importer && relative(source("generator/src"), resolvePath(dirname(importer), id));
    return path !== undefined && parts.includes(path) ? source(`generator/src/${path}`) : undefined;
  },
  load(id) {
    const path = relative(source("generator/src"), id);
    if (!parts.includes(path)) return undefined;
    for (const file of readdirSync(templatesFolder)) this.addWatchFile(join(templatesFolder, file));
    return makePart(path);
  },
};

/**
 * Files with a process of their own, so that what they leave behind ends with it: those that take long, which start
 * first, for projects run in the order of their names, and those that look at their process or change it for good.
 * The others share as many processes as run at a time: to load the generator is most of what many of them take.
 */
const alone = [
  "test/chaos/chaos.test.ts",
  "test/examples/*.test.ts",
  "test/faults/{hostile-server,network,slow-subscriber}.test.ts",
  "test/generator/asyncapi-generator.test.ts",
  "test/generator/broker/accounts*.test.ts",
  "test/generator/limits.test.ts",
  "test/generator/matrix.test.ts",
  "test/jetstream/cluster.test.ts",
  "test/packaging/*.test.ts",
  "test/runtime/counts.test.ts",
  "test/runtime/opentelemetry.test.ts",
  "test/runtime/bounded-queue.test.ts",
];

const common = { testTimeout: 30_000, hookTimeout: 30_000, maxConcurrency: 2 };

const plugins = [generatorParts];

export default defineConfig({
  resolve,
  plugins,
  test: {
    globalSetup: ["test/support/run-setup.ts"],
    pool: "forks",
    // As many as the machine that the project is measured on has cores.
    maxWorkers: 2,
    teardownTimeout: 5_000,
    projects: [
      { resolve, plugins, test: { ...common, name: "alone", include: alone } },
      {
        resolve,
        plugins,
        test: {
          ...common,
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...alone],
          isolate: false,
        },
      },
    ],
  },
});
