import { _, Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import type { DocumentNode } from "../document/node.js";
import { hiddenCharacters } from "../hidden-characters.js";
import { Names } from "./names.js";
import { schemaOf } from "./schema-of.js";
import type { Check, Validate, Validators } from "./sdk.js";
import { pascalCase } from "./words.js";

/** The formats of `alternats/sdk/validate`; what they mean is of no concern here. */
const formats = Object.fromEntries(
  "date date-time duration email hostname ipv4 ipv6 json-pointer regex time uri uri-reference uuid"
    .split(" ")
    .map((name) => [name, () => true]),
);

/** Compiles schemas into the code that holds payloads against them. Loaded only where that is wanted. */
export class ValidatorCompiler {
  readonly #ajv = new Ajv({
    strict: false,
    validateSchema: false,
    logger: false,
    addUsedSchema: false,
    // What a prototype has is no property of a message.
    ownProperties: true,
    // A schema that stands in many places is one function.
    inlineRefs: 8,
    formats,
    code: {
      source: true,
      esm: true,
      lines: true,
      formats: _`formats`,
      regExp: Object.assign(tolerantRegExp, { code: "regExp" }),
    },
  });
  readonly #names = new Names([]);
  /** What ajv calls each schema, by its identity. */
  readonly #ids = new Map<string, string>();
  readonly #waiting: { readonly target: DocumentNode; readonly asBase: boolean }[] = [];
  /** What ajv calls the schema of each check. */
  readonly #checks = new Map<string, string>();
  /** The check of each payload; undefined where there is nothing to check. */
  readonly #known = new Map<string, Check | undefined>();
  readonly #when: Validate;

  /** @param when Which way messages go that are checked. */
  constructor(when: Validate) {
    this.#when = when;
  }

  /**
   * Compiles the schema of a payload.
   *
   * @param payload The schema, or a reference to one.
   * @param hint Words for the check's name.
   * @returns The check; undefined where there is nothing that could be checked.
   */
  of(payload: DocumentNode, hint: readonly string[]): Check | undefined {
    const { target } = payload;
    if (this.#known.has(target.id)) return this.#known.get(target.id);
    const check = this.#compile(target, hint);
    this.#known.set(target.id, check);
    return check;
  }

  /** Writes the module of all checks. */
  finish(): Validators {
    const names = [...this.#checks.keys()];
    const numbered = [...this.#checks.values()].map((id, i) => [`check${i}`, id] as const);
    // ajv exports by ASCII names only; a type's name may have any letters.
    const code = standaloneCode(this.#ajv, Object.fromEntries(numbered)).replace(
      /^export const check(\d+) = /gm,
      (_, i: string) => `export const ${names[Number(i)]} = `,
    );
    return { names, code: asModule(code) };
  }

  #compile(target: DocumentNode, hint: readonly string[]): Check | undefined {
    const id = this.#refer(target, false);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { asBase } = next;
      const refer = (to: DocumentNode, circular: boolean): string => this.#refer(to, circular);
      const schema = schemaOf(next.target, { owner: next.target, asBase, refer }, true);
      this.#ajv.addSchema(schema, this.#refer(next.target, asBase));
    }
    try {
      this.#ajv.getSchema(id);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      target.warn({
        code: "unchecked-schema",
        message: `The schema cannot be compiled, so that its messages are not validated: ${error instanceof Error ? error.message : String(error)}.`,
        fix: "Correct the schema by JSON Schema draft-07.",
      });
      return undefined;
    }
    const name = this.#names.take(`check${pascalCase(hint)}`);
    this.#checks.set(name, id);
    return { name, when: this.#when };
  }

  #refer(target: DocumentNode, asBase: boolean): string {
    const identity = `${target.id} ${asBase}`;
    let id = this.#ids.get(identity);
    if (id === undefined) {
      id = `schema:${this.#ids.size}`;
      this.#ids.set(identity, id);
      this.#waiting.push({ target, asBase });
    }
    return id;
  }
}

// The package's types say that the default export is a module, which it is not for Node.
const standaloneCode = standalone as unknown as typeof standalone.default;

/** As `regExp` of `alternats/sdk/validate` does it. */
function tolerantRegExp(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(pattern);
  }
}

/** ajv's code holds every schema, also those that it never looks into. */
function withoutUnused(code: string): string {
  const uses = new Map<string, number>();
  for (const [name] of code.matchAll(/\bschema\d+\b/g)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return code.replace(/^const (schema\d+) = .*\n/gm, (line, name: string) =>
    uses.get(name) === 1 ? "" : line,
  );
}

/** What ajv's code requires, and what `alternats/sdk/validate` has in its place. */
const helpers = [
  ["ucs2length", 'require("ajv/dist/runtime/ucs2length").default'],
  ["equal", 'require("ajv/dist/runtime/equal").default'],
] as const;

/** Makes a module of ajv's code, from which a bundler may take what is used. */
function asModule(code: string): string {
  let body = code.replace(/^"use strict";\n?/, "");
  for (const [name, required] of helpers) body = body.replaceAll(required, name);
  body = withoutUnused(body).replace(/^(const pattern\d+ = )/gm, "$1/* @__PURE__ */ ");
  const used = ["equal", "formats", "regExp", "ucs2length"].filter((name) =>
    new RegExp(`^const \\w+ = ${name}\\b`, "m").test(body),
  );
  const imports =
    used.length === 0 ? "" : `import { ${used.join(", ")} } from "alternats/sdk/validate";\n\n`;
  // Only literals can hold any of them, besides the ends of lines.
  const shown = body.replace(hiddenCharacters, (character) =>
    character === "\n" ? "\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${imports}${shown.trim()}\n`;
}
