// Generated modules of the package: the compiled templates, and bundles of other packages.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import Handlebars from "handlebars";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const modelina = join(dirname(require.resolve("@asyncapi/modelina/package.json")), "lib/esm");

export const templatesFolder = join(
  dirname(require.resolve("alternats-template/package.json")),
  "sdk",
);

/** Compiles a template in strict mode: a template that uses a value missing from its view fails. */
function precompile(file) {
  const source = readFileSync(join(templatesFolder, file), "utf8");
  const compiled = Handlebars.precompile(source, {
    noEscape: true,
    strict: true,
    preventIndent: true,
  });
  return `${JSON.stringify(file.replace(/\.hbs$/, ""))}: Handlebars.template(${compiled})`;
}

function templates() {
  const files = readdirSync(templatesFolder).filter((file) => file.endsWith(".hbs"));
  return {
    code: `import Handlebars from "handlebars/runtime.js";\nexport default {\n${files.sort().map(precompile).join(",\n")}\n};\n`,
    banner: "// Contains the runtime of handlebars (MIT), https://handlebarsjs.com",
  };
}

/** Leaves out Modelina's input processors, which its generators import but models do not need. */
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

const sources = {
  "render/templates.js": templates,
  // The compiler, for users who replace templates.
  "render/handlebars.js": () => ({
    code: `export { default } from "handlebars/dist/cjs/handlebars.js";`,
    // Only loaded for source maps, which are not used here.
    external: ["source-map"],
    banner: "// Contains handlebars (MIT), https://handlebarsjs.com",
  }),
  "render/modelina.js": () => ({
    code: `
      export { TypeScriptGenerator } from ${JSON.stringify(join(modelina, "generators/typescript/TypeScriptGenerator.js"))};
      export { ConstrainedDictionaryModel } from ${JSON.stringify(join(modelina, "models/ConstrainedMetaModel.js"))};
      export * from ${JSON.stringify(join(modelina, "models/MetaModel.js"))};
      export { InputMetaModel } from ${JSON.stringify(join(modelina, "models/InputMetaModel.js"))};
    `,
    plugins: [withoutProcessors],
    banner: "// Contains parts of @asyncapi/modelina (Apache-2.0), https://modelina.org",
  }),
};

export const parts = Object.keys(sources);

export async function makePart(path) {
  const { code, banner, ...rest } = sources[path]();
  const { outputFiles } = await build({
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    write: false,
    stdin: { contents: code, resolveDir: root },
    banner: { js: banner },
    ...rest,
  });
  return outputFiles[0].text;
}
