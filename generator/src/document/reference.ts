import type { Path } from "./source-file.js";

/** Target of a `$ref`. */
export interface Reference {
  /**
   * The file: a path relative to the root folder, or an address of the network. Undefined for a
   * path out of the root folder, and for other addresses.
   */
  readonly file: string | undefined;
  /** Path within the file. */
  readonly path: Path;
}

/**
 * Parses a `$ref`.
 *
 * @param ref The text in the document.
 * @param from The file that contains it: a path relative to the root folder, or an address.
 * @see RFC 6901 for the pointer after `#`
 */
export function readReference(ref: string, from: string): Reference {
  const hash = ref.indexOf("#");
  const address = hash < 0 ? ref : ref.slice(0, hash);
  const pointer = hash < 0 ? "" : ref.slice(hash + 1);
  const path = pointer
    .split("/")
    .slice(1)
    .map((step) => unescapePercent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
  if (address === "") return { file: from, path };
  if (isWebAddress(from)) return { file: webAddress(address, from), path };
  const isAddress = /^[a-z][a-z0-9+.-]*:/i.test(address) || address.startsWith("//");
  const file = isAddress ? webAddress(address) : resolvePath(from, unescapePercent(address));
  return { file, path };
}

/** Checks for a file of the network. */
export function isWebAddress(file: string): boolean {
  return /^https?:\/\//i.test(file);
}

/** Normal form of an address of the network; undefined for any other address. */
export function webAddress(address: string, from?: string): string | undefined {
  if (!URL.canParse(address, from)) return undefined;
  const { href } = new URL(address, from);
  return isWebAddress(href) ? href.replace(/#.*$/s, "") : undefined;
}

/** Resolves a path relative to the root folder; undefined if it leads outside. */
function resolvePath(from: string, to: string): string | undefined {
  if (to.startsWith("/") || to.includes("\\") || to.includes("\0")) return undefined;
  const steps = from.split("/").slice(0, -1);
  for (const step of to.split("/")) {
    if (step === "..") {
      if (steps.pop() === undefined) return undefined;
    } else if (step !== "." && step !== "") steps.push(step);
  }
  return steps.join("/");
}

/** Decodes a percent-encoded text; returns it unchanged if it is not encoded. */
export function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
