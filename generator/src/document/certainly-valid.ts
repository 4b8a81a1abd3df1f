import { limits } from "./limits.js";
import type { LoadedDocument } from "./loaded-document.js";
import { own } from "./node.js";
import { harmfulNames, holdsData, isNamedByAuthor } from "./places.js";
import { readReference } from "./reference.js";
import { hasPlainReferences } from "./reference-places.js";
import type { Path } from "./source-file.js";

/** Validators of AsyncAPI's own JSON Schemas, compiled when the package is built, by versions. */
const structures: Readonly<Record<string, () => Promise<{ readonly default: Structure }>>> = {
  "3.0.0": () => import("./structure-3.0.0.js"),
  "3.1.0": () => import("./structure-3.1.0.js"),
};

type Structure = (document: unknown) => boolean;

/**
 * Checks if a document is certainly without errors for @asyncapi/parser, in a fraction of the time
 * that it takes to load the parser. Each of the parser's rules for errors of AsyncAPI 3 is checked
 * here, or kept by a stricter one. The check gives up at everything unusual: the parser then
 * decides, and describes the errors.
 *
 * @param document The document, with checked references.
 */
export async function isCertainlyValid(document: LoadedDocument): Promise<boolean> {
  const load = structures[document.root.text("asyncapi") ?? ""];
  if (load === undefined || document.files.length > 1) return false;
  if (!hasPlainReferences(document.main.value) || !keepsRules(document.main.value)) return false;
  const resolved = new Resolved(document).value();
  if (resolved === unusual) return false;
  const { default: isStructured } = await load();
  return isStructured(resolved);
}

/** Checks the rules for operations and channels. */
function keepsRules(root: unknown): boolean {
  const components = own(root, "components");
  if (own(components, "operations") !== undefined) return false;
  return (
    valuesOf(own(root, "operations")).every(([, operation]) => keepsOperationRules(operation)) &&
    [own(root, "channels"), own(components, "channels")].every((channels) =>
      valuesOf(channels).every(([key, channel]) => keepsChannelRules(key, channel)),
    )
  );
}

/** An operation refers to its channel, and to messages of the channel. */
function keepsOperationRules(operation: unknown): boolean {
  const channel = own(own(operation, "channel"), "$ref");
  if (typeof channel !== "string" || !channel.startsWith("#/channels/")) return false;
  return valuesOf(own(operation, "messages")).every(([, message]) => {
    const ref = own(message, "$ref");
    return typeof ref === "string" && ref.startsWith(`${channel}/messages/`);
  });
}

/** A channel describes the parameters of its address, and refers to servers. */
function keepsChannelRules(key: string, channel: unknown): boolean {
  if (/[?#]/.test(key)) return false;
  const servers = valuesOf(own(channel, "servers"));
  const areServers = servers.every(([, server]) => {
    const ref = own(server, "$ref");
    return typeof ref === "string" && ref.startsWith("#/servers/");
  });
  const parameters = own(channel, "parameters");
  if (!areServers || parameters === undefined) return areServers;
  const address = own(channel, "address") ?? "";
  if (typeof address !== "string") return false;
  const variables = [...address.matchAll(/\{([^{}]+)\}/g)].map(([, name = ""]) => name);
  // A brace in or around a name is for the parser to understand.
  if (/[{}]/.test(address.replace(/\{[^{}]+\}/g, ""))) return false;
  const names = new Set(variables);
  const described = valuesOf(parameters).map(([name]) => name);
  return names.size === described.length && described.every((name) => names.has(name));
}

function valuesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** Result for a document that the parser must look at. */
const unusual = Symbol("unusual");

/** References whose target is validated at its own place by the same part of AsyncAPI's schema. */
const elsewhere: readonly (readonly [place: RegExp, target: RegExp])[] = [
  [
    /^(?:channels|components\/channels)\/[^/]+\/messages\/[^/]+$/,
    /^components\/messages\/[\w.-]+$/,
  ],
  [
    /^(?:channels|components\/channels)\/[^/]+\/parameters\/[^/]+$/,
    /^components\/parameters\/[\w.-]+$/,
  ],
  [/^operations\/[^/]+\/(?:reply\/)?channel$/, /^channels\/[^/]+$/],
  [/^operations\/[^/]+\/(?:reply\/)?messages\/\d+$/, /^channels\/[^/]+\/messages\/[^/]+$/],
];

/** References whose target is small and belongs to its place. */
const here: readonly (readonly [place: RegExp, target: RegExp])[] = [
  [/^(?:channels|components\/channels)\/[^/]+\/servers\/\d+$/, /^servers\/[^/]+$/],
  [/\/correlationId$/, /^components\/correlationIds\/[\w.-]+$/],
  [/\/traits\/\d+$/, /^components\/(?:message|operation)Traits\/[\w.-]+$/],
  [/\/headers$/, /^components\/schemas\/[\w.-]+$/],
];

const schemaTarget = /^components\/schemas\/[\w.-]+$/;

/** The document as the parser resolves it, except for targets that are validated at their own place. */
class Resolved {
  readonly #document: LoadedDocument;
  readonly #path: string[] = [];
  /** Data that has been checked. */
  readonly #data = new Set<object>();
  /** Number of targets around the current value. */
  #depth = 0;
  /** Number of values that may still be converted in targets, each at each of its places. */
  #left: number = limits.small;

  constructor(document: LoadedDocument) {
    this.#document = document;
  }

  value(): unknown {
    return this.#convert(this.#document.main.value, false, false);
  }

  /**
   * Converts a value.
   *
   * @param isNamed `true` if the author chooses the names of its properties.
   * @param isSchema `true` for a schema or a part of it.
   * @returns The same object if nothing changes in it.
   */
  #convert(value: unknown, isNamed: boolean, isSchema: boolean): unknown {
    if (typeof value === "number") return Number.isFinite(value) ? value : unusual;
    if (typeof value !== "object" || value === null) return value;
    if (this.#depth > 0 && this.#left-- === 0) return unusual;
    if (!isNamed && own(value, "$ref") !== undefined) return this.#resolve(value, isSchema);
    const isArray = Array.isArray(value);
    let copy: Record<string, unknown> | undefined;
    for (const [key, child] of Object.entries(value)) {
      if (harmfulNames.has(key) || (key === "schemaFormat" && !isNamed)) return unusual;
      if (!isNamed && !isArray && holdsData(key)) {
        if (isUnusualData(child, this.#data)) return unusual;
        continue;
      }
      this.#path.push(key);
      const isInSchema =
        isSchema || (!isNamed && (key === "payload" || key === "headers" || key === "schemas"));
      const converted = this.#convert(
        child,
        !isArray && !isNamed && (isNamedByAuthor(key) || isComponents(this.#path)),
        isInSchema,
      );
      this.#path.pop();
      if (converted === unusual) return unusual;
      if (converted === child) continue;
      copy ??= (isArray ? [...value] : { ...value }) as Record<string, unknown>;
      copy[key] = converted;
    }
    return copy ?? value;
  }

  #resolve(value: object, isSchema: boolean): unknown {
    const ref = own(value, "$ref");
    const { main } = this.#document;
    const place = joined(this.#path);
    if (typeof ref !== "string" || place === undefined || !ref.startsWith("#/")) return unusual;
    const target = joined(readReference(ref, main.path).path);
    if (target === undefined) return unusual;
    const isLink = ([from, to]: readonly [RegExp, RegExp]): boolean =>
      from.test(place) && to.test(target);
    if (here.some(isLink)) {
      const found = this.#document.resolve(readReference(ref, main.path));
      if (found === undefined || found.ref !== undefined || this.#depth > 3) return unusual;
      this.#depth++;
      const converted = this.#convert(found.value, false, isSchema);
      this.#depth--;
      return converted;
    }
    if (isSchema) {
      const found = this.#document.resolve(readReference(ref, main.path));
      // A schema in another language has its own rules.
      return schemaTarget.test(target) && found !== undefined && !found.has("schema")
        ? {}
        : unusual;
    }
    return elsewhere.some(isLink) ? {} : unusual;
  }
}

/** Checks for a path to the components of a kind, whose names the author chooses. */
function isComponents(path: Path): boolean {
  return path.length === 2 && path[0] === "components";
}

/** Joins a path; undefined if a name contains the separator. */
function joined(path: Path): string | undefined {
  return path.some((step) => step.includes("/")) ? undefined : path.join("/");
}

/**
 * Checks for a `$ref` in data, and for numbers that JSON does not have.
 *
 * @param seen Gets each object: aliases may lead to one in many ways.
 */
function isUnusualData(value: unknown, seen: Set<object>): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  return Object.entries(value).some(
    ([key, child]) => key === "$ref" || harmfulNames.has(key) || isUnusualData(child, seen),
  );
}
