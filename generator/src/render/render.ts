import type { GenerateOptions, ImportExtension } from "../generate-options.js";
import type { Sdk, Validators } from "../model/sdk.js";
import { finish } from "../typescript/finish.js";
import type { Form } from "../typescript/forms.js";
import { channelsView } from "./channels-view.js";
import { clientView } from "./client-view.js";
import { Codecs } from "./codec/codecs.js";
import { helpers } from "./helpers.js";
import { keysView } from "./keys-view.js";
import { operationsView } from "./operations-view.js";
import { packageManifest, packageNameOf } from "./package-manifest.js";
import { readmeView } from "./readme-view.js";
import { serversView } from "./servers-view.js";
import { streamsView } from "./streams-view.js";
import { templateSet } from "./template-set.js";
import { renderTypes } from "./types.js";

/** A file of the SDK. */
export interface RenderedFile {
  /** Its name within the SDK's folder. */
  readonly path: string;
  readonly text: string;
}

/**
 * Writes the SDK's files, formatted as prettier would.
 *
 * @throws TemplateError if one of the user's templates fails
 * @throws PresetError if one of the user's presets fails
 */
export async function render(
  sdk: Sdk,
  { target = "ts", importExtension = "js", ...options }: GenerateOptions = {},
): Promise<readonly RenderedFile[]> {
  const templates = await templateSet(options.templates ?? [], helpers);
  const codecs = new Codecs(sdk.types);
  const views: Readonly<Record<string, object>> = {
    // First, because `codecs.ts` contains the codecs that the channels request.
    channels: channelsView(codecs, sdk),
    client: clientView(sdk),
    codecs: codecs.view(),
    index: {},
    keys: keysView(sdk.keys),
    operations: operationsView(sdk),
    servers: serversView(sdk.servers),
    ...(sdk.streams.length > 0 && { streams: streamsView(sdk) }),
    types: await renderTypes(sdk.types, options.models?.presets),
  };
  const extension = target === "js" ? ".js" : extensions[importExtension];
  const all = {
    extension,
    // The only file that is not TypeScript.
    validatorsExtension: extension === ".ts" ? ".js" : extension,
    typeNames: sdk.types.map(({ name }) => name),
  };
  const source = (name: string, view: object): string =>
    templates.render(name, { ...view, ...all });
  const empty = source("empty", {});
  const forms: readonly Form[] = target === "ts" ? ["ts"] : ["js", "d.ts"];
  const packageName = target === "ts" ? undefined : (options.package ?? packageNameOf(sdk.title));
  return [
    {
      path: "README.md",
      text: source("readme", readmeView(sdk, packageName ?? `./index${extension}`)),
    },
    ...(packageName === undefined
      ? []
      : [{ path: "package.json", text: packageManifest(sdk, packageName) }]),
    ...Object.entries(views).flatMap(([name, view]) => {
      const text = source(name, view);
      return forms.map((form) => ({
        path: `${name}.${form}`,
        text: finish(text, form, empty),
      }));
    }),
    ...validatorFiles(sdk.validators, source),
  ];
}

const extensions: Readonly<Record<ImportExtension, string>> = { js: ".js", ts: ".ts", none: "" };

/** The compiled validators, which are not formatted, and their declarations. */
function validatorFiles(
  validators: Validators | undefined,
  source: (name: string, view: object) => string,
): readonly RenderedFile[] {
  if (validators === undefined) return [];
  const { names, code } = validators;
  const declarations = source("validators", { names });
  return [
    {
      path: "validators.js",
      text: source("validators-code", { text: names.length === 0 ? "" : code }),
    },
    { path: "validators.d.ts", text: finish(declarations, "ts", source("empty", {})) },
  ];
}
