import { DiagnosticSeverity, Parser } from "@asyncapi/parser";
import type { Diagnostics } from "../diagnostics.js";
import type { LoadedDocument } from "./loaded-document.js";

/**
 * The parser fails on properties of these names, which are names like others. What stands for them is as
 * long as they are, so that places stay what they were.
 */
function harmless(text: string): string {
  return text.replace(prototypeNames, (name, proto: string | undefined) =>
    (proto === undefined ? "hasOwnPropert_" : "__prot0__").padEnd(name.length, "_"),
  );
}

/** The names as they are, or with characters written as escapes of JSON or YAML: `__pr\u006fto__`. */
const prototypeNames = new RegExp(`(${anyhow("__proto__")})|${anyhow("hasOwnProperty")}`, "g");

function anyhow(name: string): string {
  return [...name]
    .map((character) => {
      const code = character.charCodeAt(0).toString(16);
      const digits = [...code].map((digit) => `[${digit}${digit.toUpperCase()}]`).join("");
      return `(?:${character}|\\\\(?:x|u00|U000000)${digits})`;
    })
    .join("");
}

/** Stands for a schema that is not read: an Avro schema, for those of JSON Schema have been refused. */
const placeholder = '"bytes"';

/** Stands for all documents where the parser keeps the compiled schema of AsyncAPI for one. */
const anyDocument = {};

/**
 * Keeps the compiled schema of AsyncAPI for the next document: to compile it is nine tenths of what the
 * parser does. Where the parser has changed, it compiles each time.
 */
function keepCompiled(parser: object): void {
  const { spectral } = parser as { readonly spectral?: { readonly ruleset?: Ruleset } };
  for (const [name, rule] of Object.entries(spectral?.ruleset?.rules ?? {})) {
    if (!/^asyncapi-document-(?:un)?resolved$/.test(name) || !Array.isArray(rule.then)) continue;
    for (const then of rule.then) {
      const { function: check } = then;
      then.function = (value, options, context) =>
        check(value, options, { ...context, documentInventory: anyDocument });
    }
  }
}

/** What is known of Spectral's rules. */
interface Ruleset {
  readonly rules?: Readonly<
    Record<
      string,
      {
        readonly then?: {
          function: (value: unknown, options: unknown, context: object) => unknown;
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
  // The parser resolves relative references against an absolute path; this one exists nowhere.
  const folder = "/document/";
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
            const path = decodeURIComponent(uri.path());
            const text = schema === "file" ? document.text(path.replace(folder, "")) : undefined;
            return text === undefined ? placeholder : harmless(text);
          },
        })),
      },
    },
  });
  keepCompiled(parser);
  const results = await parser.validate(harmless(document.main.text), {
    source: `${folder}${document.main.path}`,
  });
  for (const { severity, source, range, path, code, message } of results) {
    if (severity !== DiagnosticSeverity.Error) continue;
    const file = document.file(source?.replace(folder, "") ?? "") ?? document.main;
    const at = path.map(String);
    diagnostics.add({
      severity: "error",
      code: String(code),
      file: file.path,
      line: range.start.line + 1,
      column: range.start.character + 1,
      message: at.length === 0 ? message : `${at.join(".")}: ${message}`,
      fix: "Correct the document by the AsyncAPI specification.",
    });
  }
}
