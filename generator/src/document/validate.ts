import { DiagnosticSeverity, Parser } from "@asyncapi/parser";
import type { Diagnostics } from "../diagnostics.js";
import type { LoadedDocument } from "./loaded-document.js";
import { originalNames, originalStep, parserText } from "./parser-text.js";
import { hasNoEffect } from "./places.js";
import { isWebAddress, unescapePercent, webAddress } from "./reference.js";
import { hasPlainReferences } from "./reference-places.js";
import { repeatedSchemas } from "./repeated-schemas.js";
import type { SourceFile } from "./source-file.js";

/** Absolute path against which the parser resolves relative references; it does not exist. */
const folder = "/document/";

/**
 * Replacement for a schema in another language, such as Avro; other JSON Schemas were rejected
 * before.
 */
const placeholder = '"bytes"';

/** Key for all documents in the parser's cache of the compiled AsyncAPI schema. */
const anyDocument = {};

/**
 * Keeps the compiled schema of AsyncAPI for the next document, because compiling it takes nine
 * tenths of the parser's time. If the parser's internals have changed, it compiles the schema for
 * each document.
 *
 * @param isUnresolvedNeeded `true` if references may be in places that allow none. To find them,
 * the parser compiles the schema once more.
 */
function keepCompiled(parser: object, isUnresolvedNeeded: boolean): void {
  const { spectral } = parser as { readonly spectral?: { readonly ruleset?: Ruleset } };
  for (const [name, rule] of Object.entries(spectral?.ruleset?.rules ?? {})) {
    if (!/^asyncapi-document-(?:un)?resolved$/.test(name) || !Array.isArray(rule.then)) continue;
    // Copies, because all parsers of the process share the actions of a rule.
    // biome-ignore lint/suspicious/noThenProperty: Spectral's name; not a promise.
    rule.then = rule.then.map((then) => ({
      ...then,
      function: (value, options, context) =>
        name === "asyncapi-document-unresolved" && !isUnresolvedNeeded
          ? undefined
          : then.function(value, options, { ...context, documentInventory: anyDocument }),
    }));
  }
}

/** The known part of Spectral's rules. */
interface Ruleset {
  readonly rules?: Readonly<
    Record<
      string,
      {
        then?: readonly {
          readonly function: (value: unknown, options: unknown, context: object) => unknown;
        }[];
      }
    >
  >;
}

/**
 * Validates a document with @asyncapi/parser, which gets only the document's files and no access to
 * disk or network.
 *
 * @param document The document, with checked references.
 * @param diagnostics Collects the parser's errors.
 * @param lenient `true` to report errors that have no effect on an SDK as warnings.
 */
export async function validate(
  document: LoadedDocument,
  diagnostics: Diagnostics,
  lenient: boolean,
): Promise<void> {
  const isRepeated = repeatedSchemas(document);
  const textOf = ({ path, value }: SourceFile): string =>
    parserText(value, isRepeated && ((ref) => isRepeated(path, ref)));
  const parser = new Parser({
    __unstable: {
      resolver: {
        cache: false,
        resolvers: ["file", "http", "https"].map((schema) => ({
          schema,
          order: 1,
          canRead: true,
          // Never rejects: otherwise the parser would use its own resolver, which reads any file.
          read: (uri) => {
            const path =
              schema === "file"
                ? unescapePercent(uri.path()).replace(folder, "")
                : webAddress(uri.toString());
            const file = document.file(path ?? "");
            return file === undefined ? placeholder : textOf(file);
          },
        })),
      },
    },
  });
  keepCompiled(parser, !hasPlainReferences(document.main.value));
  const results = await parser.validate(textOf(document.main), {
    source: isWebAddress(document.main.path)
      ? document.main.path
      : `${folder}${document.main.path}`,
  });
  const errors = results.filter(({ severity }) => severity === DiagnosticSeverity.Error);
  for (const { source, path, code, message } of errors.filter(isWorthTelling)) {
    const name = source?.replace(folder, "") ?? "";
    const file = document.file(webAddress(name) ?? name) ?? document.main;
    const at = path.map((step) => originalStep(String(step)));
    diagnostics.add({
      severity: lenient && isHarmless(at, String(code), message) ? "warning" : "error",
      code: String(code),
      file: file.path,
      ...file.locate(at),
      message: at.length === 0 ? said(message) : `${at.join(".")}: ${said(message)}`,
      fix: "Correct the document according to the AsyncAPI specification.",
    });
  }
}

/** Checks for an error without effect on the code of an SDK. */
function isHarmless(at: readonly string[], code: string, message: string): boolean {
  if (hasNoEffect(at)) return true;
  // Parameters that the address does not contain, and other properties of a parameter, are ignored.
  if (/^asyncapi\d-channel-parameters$/.test(code)) return message.includes("redundant");
  if (at.at(-3) === "parameters" && message.includes("not expected to be here")) return true;
  return at.length === 0 && message.includes('must have required property "info"');
}

/** Messages that name only a part of AsyncAPI's own schema. */
const EMPTY_WORDS = /must match (?:"(?:then|else|if)"|exactly one|a) schema|must not be valid/;

interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Checks if an error is informative, or the only one about a place and its content. */
function isWorthTelling({ path, message }: Finding, _i: number, all: readonly Finding[]): boolean {
  if (!EMPTY_WORDS.test(message)) return true;
  return !all.some(
    (other) => !EMPTY_WORDS.test(other.message) && path.every((step, i) => other.path[i] === step),
  );
}

/**
 * Converts a parser message to the names of the document, without a stack trace if the parser
 * itself failed.
 */
function said(message: string): string {
  const [line = ""] = message.split("\n");
  return originalNames(line.replaceAll(folder, ""));
}
