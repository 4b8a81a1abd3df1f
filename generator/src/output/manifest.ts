import { createHash } from "node:crypto";
import type { GenerateOptions } from "../generate.js";
import type { Sdk } from "../model/sdk.js";
import { version } from "../version.js";

/** The name of the file that says which others are ours. */
export const MANIFEST = "alternats.json";

/** What stands in the manifest; no date and no path, so that the same document gives the same file. */
interface Manifest {
  readonly generator: string;
  readonly document: { readonly title: string; readonly version: string };
  /** What the SDK was asked to be; undefined where nothing was. */
  readonly options: GenerateOptions | undefined;
  /** SHA-256 of each file, in hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Adds the manifest to an SDK's files. */
export function withManifest(
  sdk: Sdk,
  options: GenerateOptions,
  files: readonly TextFile[],
): readonly TextFile[] {
  const manifest: Manifest = {
    generator: `alternats-gen ${version}`,
    document: { title: sdk.title, version: sdk.version },
    options: Object.keys(options).length === 0 ? undefined : options,
    files: Object.fromEntries(files.map(({ path, text }) => [path, hash(text)])),
  };
  return [...files, { path: MANIFEST, text: `${JSON.stringify(manifest, undefined, 2)}\n` }];
}

/** The files that a manifest names, with their hashes; none when it is not one of ours. */
export function filesOf(text: string): ReadonlyMap<string, unknown> {
  try {
    const { files } = JSON.parse(text) as Partial<Manifest>;
    return new Map(typeof files === "object" && files !== null ? Object.entries(files) : []);
  } catch {
    return new Map();
  }
}

/** SHA-256 of a text, in hexadecimal. */
export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
