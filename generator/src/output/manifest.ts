import { createHash } from "node:crypto";
import type { GenerateOptions } from "../generate.js";
import type { Sdk } from "../model/sdk.js";
import { version } from "../version.js";
import type { TextFile } from "./compare.js";

/** The name of the file that says which others are ours. */
export const MANIFEST = "alternats.json";

/** What stands in the manifest; no date and no path, so that the same document gives the same file. */
export interface Manifest {
  readonly generator: string;
  readonly document: { readonly title: string; readonly version: string };
  /** What the SDK was asked to be; undefined where nothing was. */
  readonly options: GenerateOptions | undefined;
  /** SHA-256 of each file, in hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
}

/** What a manifest calls this version of the generator. */
export const generator: string = `alternats-gen ${version}`;

/** Adds the manifest to an SDK's files. */
export function withManifest(
  sdk: Sdk,
  options: GenerateOptions,
  files: readonly TextFile[],
): readonly TextFile[] {
  const manifest: Manifest = {
    generator,
    document: { title: sdk.title, version: sdk.version },
    options: Object.keys(options).length === 0 ? undefined : options,
    files: Object.fromEntries(files.map(({ path, text }) => [path, hash(text)])),
  };
  return [...files, { path: MANIFEST, text: `${JSON.stringify(manifest, undefined, 2)}\n` }];
}

/** Reads a manifest; undefined when the text is none. */
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

/** SHA-256 of a text, in hexadecimal. */
export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
