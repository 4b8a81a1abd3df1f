import { DiagnosticSeverity, Parser } from "@asyncapi/parser";
import type { Diagnostics } from "../diagnostics.js";
import type { LoadedDocument } from "./loaded-document.js";
import { originalNames, originalStep, parserText } from "./parser-text.js";
import { unescapePercent } from "./reference.js";
import { hasPlainReferences } from "./reference-places.js";
import { repeatedSchemas } from "./repeated-schemas.js";
import type { SourceFile } from "./source-file.js";

/** The parser resolves relative references against an absolute path; this one exists nowhere. */
const folder = "/document/";

/** Stands for a schema that is not read: an Avro schema, for those of JSON Schema have been refused. */
const placeholder = '"bytes"';

/** Stands for all documents where the parser keeps the compiled schema of AsyncAPI for one. */
const anyDocument = {};

/**
 * Keeps the compiled schema of AsyncAPI for the next document: to compile it is nine tenths of what the
 * parser does. Where the parser has changed, it compiles each time.
 *
 * @param isUnresolvedNeeded Whether references may stand where there can be none. To look for those, the parser
 *   compiles the schema once more.
 */
function keepCompiled(parser: object, isUnresolvedNeeded: boolean): void {
  const { spectral } = parser as { readonly spectral?: { readonly ruleset?: Ruleset } };
  for (const [name, rule] of Object.entries(spectral?.ruleset?.rules ?? {})) {
    if (!/^asyncapi-document-(?:un)?resolved$/.test(name) || !Array.isArray(rule.then)) continue;
    // Copies, for all parsers of the process share what a rule does.
    // biome-ignore lint/suspicious/noThenProperty: the name is Spectral's, and no promise.
    rule.then = rule.then.map((then) => ({
      ...then,
      function: (value, options, context) =>
        name === "asyncapi-document-unresolved" && !isUnresolvedNeeded
          ? undefined
          : then.function(value, options, { ...context, documentInventory: anyDocument }),
    }));
  }
}

/** What is known of Spectral's rules. */
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
 * Lets @asyncapi/parser judge the document. It sees our files only: neither disk nor network.
 *
 * @param document The document, its references checked.
 * @param diagnostics Gets what the parser calls an error.
 */
export async function validate(document: LoadedDocument, diagnostics: Diagnostics): Promise<void> {
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
          // Never rejects: the parser would go on to its own resolver, which reads what it likes.
          read: (uri) => {
            const path = unescapePercent(uri.path()).replace(folder, "");
            const file = schema === "file" ? document.file(path) : undefined;
            return file === undefined ? placeholder : textOf(file);
          },
        })),
      },
    },
  });
  keepCompiled(parser, !hasPlainReferences(document.main.value));
  const results = await parser.validate(textOf(document.main), {
    source: `${folder}${document.main.path}`,
  });
  const errors = results.filter(({ severity }) => severity === DiagnosticSeverity.Error);
  for (const { source, path, code, message } of errors.filter(isWorthTelling)) {
    const file = document.file(source?.replace(folder, "") ?? "") ?? document.main;
    const at = path.map((step) => originalStep(String(step)));
    diagnostics.add({
      severity: "error",
      code: String(code),
      file: file.path,
      ...file.locate(at),
      message: at.length === 0 ? said(message) : `${at.join(".")}: ${said(message)}`,
      fix: "Correct the document by the AsyncAPI specification.",
    });
  }
}

/** What names a part of AsyncAPI's own schema and nothing of the document. */
const EMPTY_WORDS = /must match (?:"(?:then|else|if)"|exactly one|a) schema|must not be valid/;

interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Whether an error says something, or is all that is said of a place and what is in it. */
function isWorthTelling({ path, message }: Finding, _i: number, all: readonly Finding[]): boolean {
  if (!EMPTY_WORDS.test(message)) return true;
  return !all.some(
    (other) => !EMPTY_WORDS.test(other.message) && path.every((step, i) => other.path[i] === step),
  );
}

/** What the parser says, by the names of the document, and without a stack where it failed itself. */
function said(message: string): string {
  const [line = ""] = message.split("\n");
  return originalNames(line.replaceAll(folder, ""));
}
