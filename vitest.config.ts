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
 * Files that `npm test` leaves out and `npm run test:all` runs: the whole corpus, other projects' installations, browsers,
 * and long forms (`*.long.test.ts`) of tests that stand in a file beside them.
 */
const long = [
  "test/conformance/conformance.test.ts",
  "test/**/*.long.test.ts",
  "test/generator/corpus*.test.ts",
  "test/generator/{asyncapi-generator,compilers}.test.ts",
  "test/packaging/{guide,override,packages}.test.ts",
  "test/chaos/chaos.test.ts",
  "test/generator/broker/accounts-page.test.ts",
  "test/jetstream/append-in-a-cluster.test.ts",
  "test/examples/{ending,history-postgres,outage,viewer}.test.ts",
  "test/jetstream/slow-handlers-by-default.test.ts",
];

/** Files with a process of their own: they look at their process or change it for good. */
const alone = [
  "test/examples/*.test.ts",
  "test/faults/{hostile-server,network,reconnect-pace,slow-subscriber,tls-of-a-cluster}.test.ts",
  "test/generator/broker/accounts.test.ts",
  "test/generator/limits.test.ts",
  "test/jetstream/cluster.test.ts",
  "test/runtime/{abort-signal,bounded-queue,connection-memory,counts,event-loop,opentelemetry,requesting-handlers,several-addresses,told-once}.test.ts",
];

/** What all projects share. They do not extend the root's settings: each would set the run up once more. */
const common = { resolve, plugins: [generatorParts] };
const patient = { testTimeout: 60_000, hookTimeout: 60_000, maxConcurrency: 4 };

export default defineConfig({
  ...common,
  test: {
    globalSetup: ["test/support/run-setup.ts"],
    pool: "forks",
    // As many as the machine that the project is measured on has cores.
    maxWorkers: 2,
    teardownTimeout: 5_000,
    // Run in the order of their names: what takes longest starts first.
    projects: [
      { ...common, test: { ...patient, name: "alone", include: alone, exclude: long } },
      { ...common, test: { ...patient, name: "long", include: long } },
      {
        ...common,
        test: {
          ...patient,
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...alone, ...long],
          // To load the generator is most of what many of them take.
          isolate: false,
        },
      },
    ],
  },
});
