import { escapeHidden } from "../hidden-characters.js";
import type { Sdk } from "../model/sdk.js";

/** The versions of the engine that generated code runs on. */
const engine = "^0.1.0";

/** The default name of an SDK's package: the document's title in lower case, and `-sdk`. */
export function packageNameOf(title: string): string {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return [...words.filter((word, i) => !(word === "sdk" && i === words.length - 1)), "sdk"].join(
    "-",
  );
}

/**
 * The version of an SDK's package: the document's, completed to the three numbers that npm requires.
 *
 * @returns Undefined if npm would reject it.
 * @see https://semver.org
 */
export function packageVersionOf(version: string): string | undefined {
  const parts =
    /^v?(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?(?:\.(0|[1-9]\d*))?(-[0-9a-z.-]+)?(\+[0-9a-z.-]+)?$/i.exec(
      version.trim(),
    );
  if (parts === null) return undefined;
  const [, major, minor = "0", patch = "0", before = "", build = ""] = parts;
  return `${major}.${minor}.${patch}${before}${build}`;
}

/** Writes the `package.json` of an SDK that is a package. */
export function packageManifest({ version, description, validators }: Sdk, name: string): string {
  const usesRe2 = validators?.code.includes('"alternats/sdk/re2"') === true;
  const entry = (file: string): object => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
  const manifest = {
    name,
    version: packageVersionOf(version),
    description: description?.split("\n")[0]?.trim(),
    type: "module",
    sideEffects: false,
    exports: {
      ".": entry("index"),
      "./client": entry("client"),
      "./package.json": "./package.json",
    },
    files: ["*.js", "*.d.ts", "alternats.json"],
    peerDependencies: { alternats: engine, ...(usesRe2 && { re2js: "^2.10.0" }) },
  };
  return `${escapeHidden(JSON.stringify(manifest, undefined, 2))}\n`;
}
