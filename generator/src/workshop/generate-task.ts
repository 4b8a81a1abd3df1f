import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Diagnostic } from "../diagnostics.js";
import { type GenerateResult, generate, type Step } from "../generate.js";
import type { GenerateOptions, ModelOptions, TemplateFile } from "../generate-options.js";
import type { Task } from "./document-thread.js";
import { type DocumentPlace, isNoFile, openDocument } from "./open-document.js";
import type { PresetsPlace } from "./plan.js";

/** Input of the task. */
export interface GenerateInput extends DocumentPlace {
  /** The folder of templates that replace built-in ones. */
  readonly templates: string | undefined;
  readonly presets: PresetsPlace | undefined;
  readonly options: Omit<GenerateOptions, "templates" | "models">;
}

/** An SDK, and the files that it depends on. */
export interface GeneratedOnDisk extends GenerateResult {
  /** The paths of all requested files, including missing ones. */
  readonly sources: readonly string[];
}

/** Generates an SDK from files on disk. Diagnostics name files relative to the working folder. */
const generateTask: Task<GenerateInput, GeneratedOnDisk, Step> = async (
  { templates: folder, presets, options, ...place },
  progress,
) => {
  const disk = await openDocument(place);
  const { templates, problem } = await readTemplates(folder);
  if (problem !== undefined) {
    return {
      files: [],
      diagnostics: [problem],
      sources: isNoFile(place.document) ? [] : [resolve(place.document)],
    };
  }
  const own = new Set(templates.map(({ file }) => file));
  const models = presets === undefined ? undefined : await readModels(presets);
  const all = {
    ...options,
    ...(templates.length > 0 && { templates }),
    ...(models !== undefined && { models }),
  };
  const { files, diagnostics } = await generate(disk, all, progress);
  return {
    files,
    diagnostics: diagnostics.map((each) =>
      own.has(each.file) ? each : { ...each, file: disk.show(each.file) },
    ),
    sources: [...disk.sources, ...[...own].map((file) => resolve(file))],
  };
};

/** Loads presets in this thread: functions do not travel between threads. */
async function readModels({ file, sdk }: PresetsPlace): Promise<ModelOptions | undefined> {
  const { loadConfig } = await import("./config/load-config.js");
  const { config } = await loadConfig(file);
  return config.sdks?.[sdk]?.models ?? config.models;
}

/** Reads the user's templates. */
async function readTemplates(
  folder: string | undefined,
): Promise<{ readonly templates: readonly TemplateFile[]; readonly problem?: Diagnostic }> {
  if (folder === undefined) return { templates: [] };
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".hbs")).sort();
    const files = names.map((name) => join(folder, name));
    const templates = files.map(async (file) => ({ file, text: await readFile(file, "utf8") }));
    return { templates: await Promise.all(templates) };
  } catch (error) {
    const problem: Diagnostic = {
      severity: "error",
      file: folder,
      line: 1,
      column: 1,
      code: "unreadable-templates",
      message: `The templates cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      fix: "Set the option `templates` to a folder with .hbs files.",
    };
    return { templates: [], problem };
  }
}

export default generateTask;
