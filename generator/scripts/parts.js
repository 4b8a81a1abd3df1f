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

const parser = dirname(require.resolve("@asyncapi/parser"));
const requireOfParser = createRequire(require.resolve("@asyncapi/parser"));

/**
 * Compiles AsyncAPI's own JSON Schema of a version, with the options that the parser uses, to a function that says
 * whether a resolved document is valid. Compiling it at run time takes longer than everything else.
 */
function structure(version) {
  const { default: Ajv } = requireOfParser("ajv");
  const { default: addFormats } = requireOfParser("ajv-formats");
  const { default: standaloneCode } = requireOfParser("ajv/dist/standalone");
  const { getSchema } = require(join(parser, "ruleset/functions/documentStructure.js"));
  const { AsyncAPIFormats } = require(join(parser, "ruleset/formats.js"));
  const ajv = new Ajv({
    messages: false,
    strict: false,
    allowUnionTypes: true,
    unicodeRegExp: false,
    // Formats that Ajv does not know are not checked, as in the parser.
    logger: false,
    // Only the texts of errors.
    keywords: ["errorMessage"],
    code: { source: true, esm: true },
  });
  addFormats(ajv);
  for (const draft of [
    "ajv/dist/refs/json-schema-draft-06.json",
    "@stoplight/spectral-functions/dist/schema/draft4.json",
  ])
    ajv.addSchema(requireOfParser(draft));
  const schema = getSchema(new Set([AsyncAPIFormats.get(version)]), true);
  return {
    code: standaloneCode(ajv, ajv.compile(schema)),
    minify: true,
    banner:
      "// Made from JSON Schemas of AsyncAPI (Apache-2.0), https://github.com/asyncapi/spec-json-schemas, by Ajv (MIT), https://ajv.js.org",
  };
}

const sources = {
  "document/structure-3.0.0.js": () => structure("3.0.0"),
  "document/structure-3.1.0.js": () => structure("3.1.0"),
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

/** Bundles of which the licences were read. */
const bundles = new Map();

/** Bundles a part. @returns Its code. */
export async function makePart(path) {
  return (await (bundles.get(path) ?? bundle(path))).outputFiles[0].text;
}

/** @returns The licences of all packages of which a part contains code. */
export async function licences() {
  const packages = new Map();
  for (const path of parts) {
    bundles.set(path, bundle(path));
    const { metafile } = await bundles.get(path);
    for (const input of Object.keys(metafile.inputs)) {
      const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(join(root, input)) ?? [];
      if (folder !== undefined) packages.set(folder, readLicence(folder));
    }
  }
  // The validators are made from its schemas.
  const specs = dirname(requireOfParser.resolve("@asyncapi/specs"));
  packages.set(specs, readLicence(specs));
  const texts = [...packages.values()].sort();
  return `${["This package contains code of the following packages.", ...new Set(texts)].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/**
 * Reads the texts of a package's licence; some packages name it only in their README.
 *
 * @throws if there is none
 */
function readLicence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const read = (pattern) =>
    readdirSync(folder)
      .filter((file) => pattern.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const own = read(/^(?:licen[cs]e|notice|copying)/i);
  const said = read(/^readme/i).flatMap(
    (text) => /^#+ *licen[cs]e\b[\s\S]*/im.exec(text)?.[0] ?? [],
  );
  const texts = own.length > 0 ? own : said;
  if (texts.length === 0) throw new Error(`${name} has no text of its licence.`);
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
}

function bundle(path) {
  const { code, banner, ...rest } = sources[path]();
  return build({
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    write: false,
    metafile: true,
    absWorkingDir: root,
    stdin: { contents: code, resolveDir: root },
    banner: { js: banner },
    ...rest,
  });
}
