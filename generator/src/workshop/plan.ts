import { existsSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import type { GenerateOptions } from "../generate-options.js";
import type { GivenValues } from "../option.js";
import { checkSdkOptions } from "./config/check-config.js";
import type { Config, SdkConfig } from "./config/config.js";
import { ConfigError } from "./config/config-error.js";
import { findConfig, type LoadedConfig, loadConfig } from "./config/load-config.js";
import { type runOptions, sdkOptions } from "./config/options.js";
import { defaultRoot } from "./default-root.js";
import { type DocumentPlace, isNoFile } from "./open-document.js";

/** An SDK to generate. Its paths start at the working folder. */
export interface SdkJob extends DocumentPlace {
  readonly output: string;
  /** The folder of templates that replace some of alternats-template. */
  readonly templates: string | undefined;
  /** The place of the presets; undefined for no presets. */
  readonly presets: PresetsPlace | undefined;
  readonly options: Omit<GenerateOptions, "templates" | "models">;
}

/** The place of presets in a configuration: functions that only a program can load. */
export interface PresetsPlace {
  /** The configuration's file. */
  readonly file: string;
  /** The index of the SDK. */
  readonly sdk: number;
}

interface PlannedSdk extends Omit<SdkConfig, "models"> {
  readonly presets?: PresetsPlace;
}

/** The SDKs of a run. */
export interface Plan {
  /** At least one. */
  readonly jobs: readonly SdkJob[];
  /** `true` to show only errors. */
  readonly quiet: boolean;
  /** The configuration's file; undefined without a configuration. */
  readonly configFile: string | undefined;
}

/** Settings that override the configuration, as on the command line. */
export interface PlanSettings extends GivenValues<typeof sdkOptions & typeof runOptions> {
  /** The configuration's file; searched for when undefined. */
  readonly config?: string | undefined;
  readonly streams?: SdkConfig["streams"];
}

/**
 * Reads the configuration, and overrides it with settings. A document that the settings name and the configuration
 * does not contain gets the configuration's settings for all SDKs.
 *
 * @param folder Start of the settings' paths, and of the search for the configuration.
 * @throws ConfigError
 */
export async function readPlan(
  { config: file, quiet, ...settings }: PlanSettings,
  folder: string = process.cwd(),
): Promise<Plan> {
  const loaded =
    file === undefined ? await findConfig(folder) : await loadConfig(resolve(folder, file));
  checkSdkOptions(settings);
  const given = located(defined(settings), folder);
  const wanted = selected(loaded, given.document);
  if (wanted.length > 1 && given.output !== undefined)
    throw new ConfigError(
      `output is for one SDK; ${loaded === undefined ? "" : relative(process.cwd(), loaded.file)} has ${wanted.length} of this.`,
    );
  const jobs = wanted.map((sdk) => toJob({ ...sdk, ...given }, loaded?.file));
  const outputs = new Set<string>();
  for (const { output } of jobs) {
    if (outputs.has(resolve(output)))
      throw new ConfigError(`Two SDKs go to ${output}. Give each its own "output".`);
    outputs.add(resolve(output));
  }
  return { jobs, quiet: quiet ?? loaded?.config.quiet ?? false, configFile: loaded?.file };
}

/** Returns the SDKs of a configuration, or those of one document. Paths start at the working folder. */
function selected(
  loaded: LoadedConfig | undefined,
  document: string | undefined,
): readonly PlannedSdk[] {
  if (loaded === undefined) return [{}];
  const { sdks = [{}] } = loaded.config;
  const shared = sdkConfigOf(loaded.config);
  const folder = dirname(loaded.file);
  const all = sdks.map(({ models = loaded.config.models, ...sdk }, i) => ({
    ...located({ output: sdkOptions.output.default, ...shared, ...defined(sdk) }, folder),
    ...((models?.presets ?? []).length > 0 && { presets: { file: loaded.file, sdk: i } }),
  }));
  if (document === undefined) return all;
  const place = placeOf(document);
  const known = all.filter((sdk) => sdk.document !== undefined && placeOf(sdk.document) === place);
  if (known.length > 0) return known;
  // The places of the configuration's document do not apply to another document.
  const { document: own, output, root, package: _, ...rest } = shared;
  return [
    own === undefined ? located(defined({ ...rest, output, root }), folder) : located(rest, folder),
  ];
}

function placeOf(document: string): string {
  return isNoFile(document) ? document : resolve(document);
}

/** Returns the settings of a configuration that apply to an SDK. */
function sdkConfigOf(config: Config): Omit<SdkConfig, "models"> {
  const entries = Object.entries(config);
  return Object.fromEntries(
    entries.filter(([key]) => Object.hasOwn(sdkOptions, key) || key === "streams"),
  );
}

/** Makes paths relative to the working folder. */
function located(sdk: Omit<SdkConfig, "models">, folder: string): Omit<SdkConfig, "models"> {
  const { document, output, root, templates, ...rest } = sdk;
  const seen = (path: string | undefined): string | undefined =>
    path === undefined || isAbsolute(path) || isNoFile(path)
      ? path
      : relative(process.cwd(), resolve(folder, path)) || ".";
  return {
    ...rest,
    ...defined({
      document: seen(document),
      output: seen(output),
      root: seen(root),
      templates: seen(templates),
    }),
  };
}

function toJob(
  {
    document,
    output = sdkOptions.output.default,
    root,
    allowNet,
    templates,
    presets,
    ...options
  }: PlannedSdk,
  configFile: string | undefined,
): SdkJob {
  if (document === undefined)
    throw new ConfigError(
      'Name the AsyncAPI document, for example in alternats.config.ts as "document".',
      { code: "NO_DOCUMENT" },
    );
  const { target, importExtension, package: name } = options;
  if (target !== "js" && name !== undefined)
    throw new ConfigError(`package is "${name}", but only an SDK with the target js is a package.`);
  if (target === "js" && importExtension !== undefined && importExtension !== "js")
    throw new ConfigError("With the target js, importExtension is js.");
  return {
    document,
    output,
    root: root ?? rootOf(document, configFile),
    allowNet,
    templates,
    presets,
    options,
  };
}

/** Returns the folder that references may reach when no setting names it. */
export function rootOf(document: string, configFile: string | undefined): string | undefined {
  if (isNoFile(document) || !existsSync(document)) return undefined;
  return defaultRoot(document, configFile === undefined ? undefined : dirname(configFile));
}

type Defined<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

/** Removes undefined values, which would override other settings. */
function defined<T extends object>(values: T): Partial<Defined<T>> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Defined<T>>;
}
