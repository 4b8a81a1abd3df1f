import { type Diagnostic, Diagnostics } from "../diagnostics.js";
import type { DocumentFiles, LoadedDocument } from "../document/loaded-document.js";
import { type ReadOptions, readDocument } from "../document/read-document.js";
import { buildModel, type Model } from "../model/build-sdk.js";
import type { Change } from "./change.js";
import { type ChannelFinding, compareChannels } from "./channels.js";

/** Differences between two versions of a document. */
export interface DiffResult {
  /** Breaking changes first, then by place. */
  readonly changes: readonly Change[];
  /** Errors of a version that cannot be read; there are no changes then. */
  readonly errors: { readonly old: readonly Diagnostic[]; readonly new: readonly Diagnostic[] };
}

/**
 * Compares two versions of a document: the effects on programs with the old version when others
 * have the new one. Reads only through the given files.
 *
 * @param old The old version's files.
 * @param now The new version's files.
 * @param options `lenient`: `true` to compare documents with errors that have no effect on an SDK;
 * `limits`: limit on the growth of each version.
 */
export async function diff(
  old: DocumentFiles,
  now: DocumentFiles,
  options: Pick<ReadOptions, "lenient" | "limits"> = {},
): Promise<DiffResult> {
  const [before, after] = [await Version.read(old, options), await Version.read(now, options)];
  // Chains of schemas that are too deep are reported for the new version.
  const changes = after.loaded?.withinStack(() =>
    before.model === undefined || after.model === undefined
      ? []
      : merged(compareChannels(before.model, after.model)),
  );
  return { changes: changes ?? [], errors: { old: before.errors, new: after.errors } };
}

/** A version of the document, as far as it can be read. */
class Version {
  readonly loaded: LoadedDocument | undefined;
  readonly model: Model | undefined;
  readonly #diagnostics: Diagnostics;

  private constructor(loaded: LoadedDocument | undefined, diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    this.loaded = loaded;
    const model = loaded?.withinStack((root) => buildModel(root, {}, undefined));
    this.model = diagnostics.failed ? undefined : model;
  }

  static async read(
    files: DocumentFiles,
    options: Pick<ReadOptions, "lenient" | "limits">,
  ): Promise<Version> {
    const diagnostics = new Diagnostics();
    return new Version(await readDocument(files, diagnostics, options), diagnostics);
  }

  get errors(): readonly Diagnostic[] {
    return this.#diagnostics.list().filter(({ severity }) => severity === "error");
  }
}

/** Merges equal findings on several channels into one change. */
function merged(findings: readonly ChannelFinding[]): readonly Change[] {
  const changes = new Map<string, { readonly finding: ChannelFinding; readonly on: Set<string> }>();
  for (const finding of findings) {
    const { rule, version, node, message, what } = finding;
    const key = [rule, version, node.id, finding.level === "channel" ? what : "", message].join(
      "\n",
    );
    const known = changes.get(key);
    if (known === undefined) changes.set(key, { finding, on: new Set([finding.address]) });
    else known.on.add(finding.address);
  }
  return [...changes.values()]
    .map(({ finding, on }): Change => {
      const { node, address: _, ...rest } = finding;
      const place = { file: node.file.path, ...node.file.locate(node.path) };
      return { ...rest, channels: [...on], ...place };
    })
    .sort((a, b) => b.breaks.length - a.breaks.length);
}
