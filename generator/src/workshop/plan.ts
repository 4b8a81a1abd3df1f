import { dirname, isAbsolute, relative, resolve } from "node:path";
import { UsageError } from "../commands/command.js";
import type { GenerateOptions } from "../generate.js";
import type { Config, SdkConfig } from "./config/config.js";
import { findConfig, type LoadedConfig, loadConfig } from "./config/load-config.js";

/** An SDK to make: paths as seen from the working folder. */
export interface SdkJob {
  readonly document: string;
  readonly output: string;
  /** The folder that references may reach; the document's own when undefined. */
  readonly root: string | undefined;
  /** The folder of the user's own templates. */
  readonly templates: string | undefined;
  readonly options: Omit<GenerateOptions, "templates">;
}

/** What a run is to make. */
export interface Plan {
  /** At least one. */
  readonly jobs: readonly SdkJob[];
  /** Whether only errors are shown. */
  readonly quiet: boolean;
  /** The configuration's file; undefined where there is none. */
  readonly configFile: string | undefined;
}

/** What the command line says about the plan. */
export type PlanFlags = {
  readonly [Name in keyof SdkConfig]?: SdkConfig[Name] | undefined;
} & {
  /** The configuration's file; else it is looked for. */
  readonly config?: string | undefined;
  readonly quiet?: boolean | undefined;
};

/**
 * Lays configuration and command line together; the command line wins.
 *
 * A document that the command line names and the configuration does not know is made by the settings for all.
 *
 * @param folder Where the flags' paths start, and the configuration is looked for.
 * @throws UsageError
 */
export async function readPlan(
  { config: file, quiet, ...flags }: PlanFlags,
  folder: string = process.cwd(),
): Promise<Plan> {
  const loaded =
    file === undefined ? await findConfig(folder) : await loadConfig(resolve(folder, file));
  const given = located(defined(flags), folder);
  const wanted = selected(loaded, given.document);
  if (wanted.length > 1 && given.output !== undefined)
    throw new UsageError(
      `--output is for one SDK; ${loaded === undefined ? "" : relative(process.cwd(), loaded.file)} has ${wanted.length} of this.`,
    );
  const jobs = wanted.map((sdk) => toJob({ ...sdk, ...given }));
  const outputs = new Set<string>();
  for (const { output } of jobs) {
    if (outputs.has(resolve(output)))
      throw new UsageError(`Two SDKs go to ${output}. Give each its own "output".`);
    outputs.add(resolve(output));
  }
  return { jobs, quiet: quiet ?? loaded?.config.quiet ?? false, configFile: loaded?.file };
}

/** The SDKs of a configuration, or those of one document, with paths as seen from the working folder. */
function selected(loaded: LoadedConfig | undefined, document: string | undefined): SdkConfig[] {
  if (loaded === undefined) return [{}];
  const {
    $schema: _,
    sdks,
    roles: __,
    accounts: ___,
    quiet: ____,
    lint: _____,
    ...shared
  } = loaded.config satisfies Config;
  const folder = dirname(loaded.file);
  const all = (sdks ?? [{}]).map((sdk) =>
    located({ output: "sdk", ...shared, ...defined(sdk) }, folder),
  );
  if (document === undefined) return all;
  const path = resolve(document);
  const known = all.filter((sdk) => sdk.document !== undefined && resolve(sdk.document) === path);
  if (known.length > 0) return known;
  // Where a document of the configuration goes to, and what it may reach, is no matter of another one.
  const { document: own, output, root, package: ______, ...rest } = shared;
  return [
    own === undefined ? located(defined({ ...rest, output, root }), folder) : located(rest, folder),
  ];
}

/** Settings with paths as seen from the working folder. */
function located(sdk: SdkConfig, folder: string): SdkConfig {
  const { document, output, root, templates, ...rest } = sdk;
  const seen = (path: string | undefined): string | undefined =>
    path === undefined || isAbsolute(path)
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

function toJob({ document, output = "sdk", root, templates, ...options }: SdkConfig): SdkJob {
  if (document === undefined)
    throw new UsageError(
      'Name the AsyncAPI document: alternats-gen <document>, or in alternats.config.ts as "document".',
    );
  const { target, importExtension, package: name } = options;
  if (target !== "js" && name !== undefined)
    throw new UsageError(`"${name}" names a package, which an SDK is with --target js only.`);
  if (target === "js" && importExtension !== undefined && importExtension !== "js")
    throw new UsageError("With --target js, files import each other by .js.");
  if (name !== undefined && !/^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name))
    throw new UsageError(
      `"${name}" is no name of a package for npm: small letters, digits, - . _ ~, perhaps after @scope/.`,
    );
  return { document, output, root, templates, options };
}

type Defined<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

/** An object without what is undefined, which would hide what is beneath. */
function defined<T extends object>(values: T): Partial<Defined<T>> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Defined<T>>;
}
