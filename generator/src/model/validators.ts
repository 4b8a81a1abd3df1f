import { _, Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import type { DocumentNode } from "../document/node.js";
import type { Int64Form, Validate } from "../generate-options.js";
import { checkModule } from "./check-module.js";
import { keywords } from "./keywords.js";
import { Names } from "./names.js";
import { schemaOf } from "./schema-of.js";
import type { Check, Validators } from "./sdk.js";
import { pascalCase } from "./words.js";

/** Names of the formats of `alternats/sdk/validate`; only the names matter here. */
const formats = Object.fromEntries(
  "date date-time duration email hostname ipv4 ipv6 json-pointer regex time uri uri-reference uuid"
    .split(" ")
    .map((name) => [name, () => true]),
);

/** Compiles schemas to validators of payloads. Loaded only if needed. */
export class ValidatorCompiler {
  readonly #ajv = new Ajv({
    strict: false,
    validateSchema: false,
    logger: false,
    addUsedSchema: false,
    // Properties of a prototype do not belong to a message.
    ownProperties: true,
    // NaN and Infinity are no numbers of JSON.
    strictNumbers: true,
    // A schema that is used in many places becomes one function.
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
  /** ajv's name of each schema, by its identity. */
  readonly #ids = new Map<string, string>();
  readonly #waiting: { readonly target: DocumentNode; readonly asBase: boolean }[] = [];
  /** ajv's name of the schema of each check. */
  readonly #checks = new Map<string, string>();
  /** The check of each payload; undefined if there is nothing to check. */
  readonly #known = new Map<string, Check | undefined>();
  /** Patterns that run in linear time, with their form for RE2. */
  readonly #linear = new Map<string, string>();
  readonly #when: Validate;
  readonly #int64: Int64Form;

  /**
   * @param when Direction of the messages to check.
   * @param int64 Type of an integer beyond 2^53.
   */
  constructor(when: Validate, int64: Int64Form = "number") {
    this.#when = when;
    this.#int64 = int64;
    for (const each of keywords) {
      this.#ajv.removeKeyword(String(each.keyword)).addKeyword(each);
    }
  }

  /**
   * Compiles the schema of a payload.
   *
   * @param payload The schema, or a reference to one.
   * @param hint Words for the check's name.
   * @param hasBytes `true` if payloads may contain bytes.
   * @returns The check; undefined if there is nothing to check.
   */
  of(payload: DocumentNode, hint: readonly string[], hasBytes = false): Check | undefined {
    const { target } = payload;
    if (this.#known.has(target.id)) return this.#known.get(target.id);
    const check = this.#compile(target, hint, hasBytes);
    this.#known.set(target.id, check);
    return check;
  }

  /** Creates the module of all checks. */
  finish(): Validators {
    const names = [...this.#checks.keys()];
    const numbered = [...this.#checks.values()].map((id, i) => [`check${i}`, id] as const);
    // ajv exports ASCII names only; a type's name may contain any letters.
    const code = standaloneCode(this.#ajv, Object.fromEntries(numbered));
    return { names, code: checkModule(code, names, this.#linear) };
  }

  #compile(target: DocumentNode, hint: readonly string[], hasBytes: boolean): Check | undefined {
    const id = this.#refer(target, false);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { asBase } = next;
      const refer = (to: DocumentNode, circular: boolean): string => this.#refer(to, circular);
      const schema = schemaOf(
        next.target,
        { owner: next.target, asBase, int64: this.#int64, hasBytes, refer, linear: this.#linear },
        true,
      );
      this.#ajv.addSchema(schema, this.#refer(next.target, asBase));
    }
    try {
      this.#ajv.getSchema(id);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      target.warn({
        code: "unchecked-schema",
        message: `The schema cannot be compiled, so its messages are not validated: ${error instanceof Error ? error.message : String(error)}.`,
        fix: "Correct the schema according to JSON Schema draft-07.",
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

// According to the package's types the default export is a module, but in Node it is not.
const standaloneCode = standalone as unknown as typeof standalone.default;

/** Regular expression with the behaviour of `regExp` of `alternats/sdk/validate`. */
function tolerantRegExp(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(pattern);
  }
}
