import { type Diagnostic, Diagnostics } from "./diagnostics.js";
import type { DocumentFiles } from "./document/loaded-document.js";
import type { DocumentNode } from "./document/node.js";
import { readDocument } from "./document/read-document.js";
import type { GenerateOptions } from "./generate-options.js";
import type { GeneratedFile } from "./generated-file.js";
import type { ValidatorCompiler } from "./model/validators.js";

/** Result of a generation. */
export interface GenerateResult {
  /** The files of the SDK; empty if the document has an error. */
  readonly files: readonly GeneratedFile[];
  /** All diagnostics, by file and place. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Steps of a generation, in this order. */
export type Step = "read" | "validate" | "model" | "render";

/**
 * Generates a typed SDK from an AsyncAPI document. Reads only through the given files, and writes
 * nothing.
 *
 * ```ts
 * const { files, diagnostics } = await generate({
 *   main: "asyncapi.yaml",
 *   read: (path) => readFile(path, "utf8"),
 * });
 * ```
 *
 * @param document The document's files.
 * @param options Options of the SDK.
 * @param onStep Called at the beginning of each step.
 * @returns The SDK, and all diagnostics; never rejects because of the document.
 */
export async function generate(
  document: DocumentFiles,
  options: GenerateOptions = {},
  onStep: (step: Step) => void = () => {},
): Promise<GenerateResult> {
  const diagnostics = new Diagnostics();
  const files = await generateFiles(document, options, diagnostics, onStep);
  return { files: diagnostics.failed ? [] : files, diagnostics: diagnostics.list() };
}

/** Loads each part when it is needed, so that an unreadable document does not load the renderer. */
async function generateFiles(
  document: DocumentFiles,
  options: GenerateOptions,
  diagnostics: Diagnostics,
  onStep: (step: Step) => void,
): Promise<readonly GeneratedFile[]> {
  onStep("read");
  const loaded = await readDocument(document, diagnostics, {
    lenient: options.lenient,
    limits: options.limits,
    onValidate: () => onStep("validate"),
  });
  if (loaded === undefined) return [];
  onStep("model");
  const { buildSdk } = await import("./model/build-sdk.js");
  const validators = await compiler(options);
  const sdk = loaded.withinStack((root) => buildSdk(root, options, validators));
  if (sdk === undefined) return [];
  if (options.target === "js") await checkPackageVersion(loaded.root, sdk.version);
  if (diagnostics.failed) return [];
  onStep("render");
  const { render } = await import("./render/render.js");
  const { withManifest } = await import("./output/manifest.js");
  const { TemplateError } = await import("./render/template-set.js");
  const { PresetError } = await import("./render/types.js");
  let files: readonly GeneratedFile[];
  try {
    files = await render(sdk, options);
  } catch (error) {
    if (error instanceof PresetError) {
      loaded.root.error({
        code: error.code,
        message: error.message,
        fix: "Correct the preset in `models.presets`.",
      });
      return [];
    }
    // Schemas are nested deeper than the stack.
    if (error instanceof RangeError)
      return (
        loaded.withinStack(() => {
          throw error;
        }) ?? []
      );
    if (!(error instanceof TemplateError)) throw error;
    const { code, message, file, line, column } = error;
    const fix = "Correct the template; the package alternats-template contains the original.";
    diagnostics.add({ severity: "error", code, message, fix, file, line, column });
    return [];
  }
  return withManifest(sdk, options, options.lineEnding === "crlf" ? files.map(withCrlf) : files);
}

async function checkPackageVersion(root: DocumentNode, version: string): Promise<void> {
  const { packageVersionOf } = await import("./render/package-manifest.js");
  if (packageVersionOf(version) !== undefined) return;
  (root.get("info")?.get("version") ?? root).error({
    code: "package-version",
    message: `\`${version}\` is not a valid version of a package.`,
    fix: "Write it as three numbers, for example `1.2.0` or `1.2.0-draft`; or remove `target: js`.",
  });
}

function withCrlf({ path, text }: GeneratedFile): GeneratedFile {
  return { path, text: text.replaceAll("\n", "\r\n") };
}

async function compiler({
  validate,
  int64,
}: GenerateOptions): Promise<ValidatorCompiler | undefined> {
  if (validate === undefined) return undefined;
  const { ValidatorCompiler } = await import("./model/validators.js");
  return new ValidatorCompiler(validate, int64);
}
