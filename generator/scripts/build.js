// Builds the package: compiles the templates, bundles what Modelina's renderer needs, compiles the sources.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import Handlebars from "handlebars";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const templates = join(dirname(require.resolve("alternats-template/package.json")), "sdk");
// Built beside and moved at the end: what runs meanwhile keeps a whole package.
const dist = join(root, "dist");
const next = join(root, "node_modules", `.dist-${process.pid}`);
const out = join(next, "render");

mkdirSync(out, { recursive: true });

/** Strict, so that a template that names what its view lacks fails; helpers are all ours. */
function precompile(file) {
  const source = readFileSync(join(templates, file), "utf8");
  const compiled = Handlebars.precompile(source, {
    noEscape: true,
    strict: true,
    preventIndent: true,
  });
  return `${JSON.stringify(file.replace(/\.hbs$/, ""))}: Handlebars.template(${compiled})`;
}

const compiled = readdirSync(templates)
  .filter((file) => file.endsWith(".hbs"))
  .sort()
  .map(precompile);

const shared = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
};

await build({
  ...shared,
  stdin: {
    contents: `import Handlebars from "handlebars/runtime.js";\nexport default {\n${compiled.join(",\n")}\n};\n`,
    resolveDir: root,
  },
  banner: { js: "// Holds the runtime of handlebars (MIT), https://handlebarsjs.com" },
  outfile: join(out, "templates.js"),
});

// The compiler, for those who put templates of their own in the place of some.
await build({
  ...shared,
  stdin: {
    contents: `export { default } from "handlebars/dist/cjs/handlebars.js";`,
    resolveDir: root,
  },
  // Asked for only by who wants source maps, and done without where it is missing.
  external: ["source-map"],
  banner: { js: "// Holds handlebars (MIT), https://handlebarsjs.com" },
  outfile: join(out, "handlebars.js"),
});

/** Modelina's generators reach for all of its input processors; ours are models, which need none. */
const withoutProcessors = {
  name: "without-processors",
  setup(build) {
    build.onResolve({ filter: /(?:^|\/)(?:processors|interpreter)(?:\/|$)/ }, () => ({
      path: "processors",
      namespace: "absent",
    }));
    build.onLoad({ filter: /.*/, namespace: "absent" }, () => ({
      contents: "export const InputProcessor = undefined, AsyncAPIInputProcessor = undefined;",
    }));
  },
};

const modelina = join(dirname(require.resolve("@asyncapi/modelina/package.json")), "lib/esm");
await build({
  ...shared,
  stdin: {
    contents: `
      export { TypeScriptGenerator } from ${JSON.stringify(join(modelina, "generators/typescript/TypeScriptGenerator.js"))};
      export { AnyModel, ObjectModel, ObjectPropertyModel } from ${JSON.stringify(join(modelina, "models/MetaModel.js"))};
      export { InputMetaModel } from ${JSON.stringify(join(modelina, "models/InputMetaModel.js"))};
    `,
    resolveDir: root,
  },
  plugins: [withoutProcessors],
  banner: { js: "// Holds parts of @asyncapi/modelina (Apache-2.0), https://modelina.org" },
  outfile: join(out, "modelina.js"),
});

const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
try {
  execFileSync(process.execPath, [tsc, "-p", root, "--outDir", next], { stdio: "inherit" });
  const { configSchema } = await import(
    pathToFileURL(join(next, "workshop/config/config-schema.js")).href
  );
  writeFileSync(
    join(next, "config.schema.json"),
    `${JSON.stringify(configSchema(), undefined, 2)}\n`,
  );
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
} catch (error) {
  // The compiler has said what is wrong.
  if (error.status === undefined) throw error;
  process.exitCode = 1;
} finally {
  rmSync(next, { recursive: true, force: true });
}
