import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type GenerateOptions, generateOptions } from "../generate-options.js";
import type { GeneratedFile } from "../generated-file.js";
import { escapeHidden } from "../hidden-characters.js";
import type { Sdk } from "../model/sdk.js";
import { defaultsOf } from "../option.js";
import { version } from "../version.js";

/** File that lists the generated files. */
export const MANIFEST = "alternats.json";

/**
 * Content of the manifest; without a date or a path, so that the same document gives the same file.
 */
export interface Manifest {
  readonly generator: string;
  readonly document: { readonly title: string; readonly version: string };
  /** Options that differ from the defaults; undefined if there are none. */
  readonly options: Readonly<Record<string, unknown>> | undefined;
  /** SHA-256 of each file, in hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
}

/** Name of this version of the generator in a manifest. */
export const generator: string = `alternats-gen ${version}`;

/** Adds the manifest to an SDK's files. */
export function withManifest(
  sdk: Pick<Sdk, "title" | "version">,
  options: GenerateOptions,
  files: readonly GeneratedFile[],
): readonly GeneratedFile[] {
  // These have no effect on the files.
  const { templates = [], models, lenient: _, limits: __, ...plain } = options;
  const defaults = defaultsOf(generateOptions);
  const asked: [string, unknown][] = Object.entries(plain).filter(
    ([name, value]) => value !== undefined && value !== defaults[name],
  );
  // The path depends on the machine; the content has its effect in the files.
  if (templates.length > 0) asked.push(["templates", templates.map(({ file }) => basename(file))]);
  const presets = models?.presets?.length ?? 0;
  if (presets > 0) asked.push(["models", { presets }]);
  const manifest: Manifest = {
    generator,
    document: { title: sdk.title, version: sdk.version },
    options: asked.length === 0 ? undefined : Object.fromEntries(asked),
    files: Object.fromEntries(files.map(({ path, text }) => [path, hash(text)])),
  };
  const text = `${escapeHidden(JSON.stringify(manifest, undefined, 2))}\n`;
  const ended = options.lineEnding === "crlf" ? text.replaceAll("\n", "\r\n") : text;
  return [...files, { path: MANIFEST, text: ended }];
}

/** Reads a manifest; undefined if the text is not a manifest. */
export function readManifest(text: string): Partial<Manifest> | undefined {
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== "object" || manifest === null) return undefined;
    const { files, generator } = manifest as Readonly<Record<string, unknown>>;
    return {
      ...(typeof generator === "string" && { generator }),
      ...(typeof files === "object" && files !== null && { files: { ...files } }),
    };
  } catch {
    return undefined;
  }
}

/** SHA-256 of a text in hexadecimal. */
export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
