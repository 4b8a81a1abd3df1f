import { isJsonSchemaFormat } from "../document/loaded-document.js";
import { type DocumentNode, own } from "../document/node.js";
import type { Ambiguous } from "../generate-options.js";
import { readCorrelation } from "./correlation.js";
import { docOf } from "./doc.js";
import { codecOf } from "./encodings.js";
import type { Codec, HeaderField, Headers, Message, TypeNode } from "./sdk.js";
import { inherited, registeredName, type SpecMessage } from "./specification.js";
import { plain } from "./type-node.js";
import type { Types } from "./types.js";
import type { ValidatorCompiler } from "./validators.js";
import { pascalCase, words } from "./words.js";

/** A message without its names in a channel. */
type ReadMessage = Omit<Message, "name" | "headerNames">;

/** Reads messages. The same message is read once. */
export class MessageReader {
  /** Outcome of a payload that fits several messages. */
  readonly ambiguous: Ambiguous;
  readonly #types: Types;
  readonly #contentType: string | undefined;
  readonly #validators: ValidatorCompiler | undefined;
  readonly #hasBytes: boolean;
  readonly #known = new Map<string, ReadMessage>();
  readonly #correlationHeaders = new Map<string, Headers | undefined>();

  /**
   * @param types Creates the types of payloads.
   * @param contentType The document's default.
   * @param validators Creates the validators of payloads; undefined without validation.
   * @param ambiguous Outcome of a payload that fits several messages.
   * @param hasBytes `true` if payloads may contain bytes.
   */
  constructor(
    types: Types,
    contentType: string | undefined,
    validators: ValidatorCompiler | undefined,
    ambiguous: Ambiguous,
    hasBytes: boolean,
  ) {
    this.ambiguous = ambiguous;
    this.#hasBytes = hasBytes;
    this.#validators = validators;
    this.#types = types;
    this.#contentType = contentType;
  }

  /**
   * Reads one message.
   *
   * @param message A message of a channel or an operation.
   * @param hint Name for a message without a name.
   */
  read({ node, name }: SpecMessage, hint: string): Message {
    const { id } = node.target;
    let message = this.#known.get(id);
    if (message === undefined) {
      message = this.#readNew(node, registeredName(node) ?? name ?? node.text("title") ?? hint);
      this.#known.set(id, message);
    }
    const given = name ?? hint;
    return { ...message, name: given, headerNames: [given] };
  }

  /**
   * Adds a header for the correlation id, even if the schema of the headers does not contain it.
   * This applies to a message that is alone on its channel. Otherwise each of several messages
   * would have to be sent with headers.
   */
  withCorrelationHeader(message: Message, { node }: SpecMessage): Message {
    const { correlation, headers, name } = message;
    if (correlation?.header === undefined || headers !== undefined) return message;
    const { id } = node.target;
    const own = this.#correlationHeaders.get(id) ?? this.#headers([], name, correlation.header);
    this.#correlationHeaders.set(id, own);
    return { ...message, headers: own };
  }

  #readNew(node: DocumentNode, name: string): ReadMessage {
    const { payload, format } = readPayload(node);
    const [declared] = inherited(node, "contentType");
    const contentType = typeof declared?.value === "string" ? declared.value : this.#contentType;
    const doc = docOf(node);
    const schemas = inherited(node, "headers");
    const correlation = readCorrelation(node, payload, schemas);
    const header = schemas.length === 0 ? undefined : correlation?.header;
    const headers = this.#headers(schemas, name, header);
    if (payload === undefined && declared === undefined) {
      const type = plain("undefined");
      return { codec: "none", type, headers, correlation, check: undefined, doc };
    }
    let codec = codecOf(contentType);
    if (format !== undefined && !isJsonSchemaFormat(format)) {
      codec = "bytes";
      node.warn({
        code: "foreign-schema",
        message: `\`${format}\` schemas are not supported; the payload of \`${name}\` is bytes.`,
        fix: "Encode and decode the bytes yourself, or describe the payload in JSON Schema.",
      });
    }
    if (
      codec === "bytes" &&
      payload !== undefined &&
      !isBinaryContent(contentType ?? "") &&
      format === undefined
    ) {
      node.warn({
        code: "unknown-content-type",
        message: `\`${contentType}\` is not supported; the payload of \`${name}\` is bytes.`,
        fix: "Encode and decode the bytes yourself, or use JSON, MessagePack or text.",
      });
    }
    const check =
      codec === "bytes" || payload === undefined
        ? undefined
        : this.#validators?.of(payload, words(name), this.#hasBytes);
    return { codec, type: this.#payload(codec, payload, name), headers, correlation, check, doc };
  }

  #payload(codec: Codec, payload: DocumentNode | undefined, name: string): TypeNode {
    if (codec === "text") return plain("string");
    if (codec === "bytes") return plain("bytes");
    if (payload === undefined) return plain("unknown");
    const hint = words(name);
    return this.#types.of(
      payload,
      hint.at(-1)?.toLowerCase() === "payload" ? hint : [...hint, "Payload"],
    );
  }

  /** @param correlation The header of the correlation id, which the schemas may not contain. */
  #headers(
    schemas: readonly DocumentNode[],
    name: string,
    correlation: string | undefined,
  ): Headers | undefined {
    // Traits are merged keyword by keyword: a header has the keywords of all traits, the first with
    // priority.
    const byName = new Map<string, DocumentNode[]>();
    const required = new Set<string>();
    for (const schema of schemas) {
      for (const property of schema.get("properties")?.children ?? []) {
        const known = byName.get(property.key);
        if (known !== undefined) known.push(property);
        else if (isHeaderName(property)) byName.set(property.key, [property]);
      }
      for (const key of schema.texts("required")) required.add(key);
    }
    if (correlation !== undefined && !byName.has(correlation)) byName.set(correlation, []);
    if (byName.size === 0) return undefined;
    const hint = [...words(name), "Headers"];
    const fields = [...byName].map(([header, all]): HeaderField => {
      return { name: header, kind: kindOf(all), required: required.has(header) };
    });
    const type = this.#types.declare(
      hint,
      docOf(),
      fields.map((field) => {
        const all = byName.get(field.name) ?? [];
        const type = this.#headerType(all, field, hint);
        return { name: field.name, type, required: field.required, doc: docOf(...all) };
      }),
      schemas[0],
    );
    return { type, fields };
  }

  /**
   * The type of a header. A header is text: values other than numbers and booleans are strings,
   * restricted by their enum.
   */
  #headerType(
    schemas: readonly DocumentNode[],
    { kind, name }: HeaderField,
    hint: readonly string[],
  ): TypeNode {
    const narrow = schemas.find((schema) => fixedValues(schema) !== undefined);
    if (narrow === undefined || !fixedValues(narrow)?.every((value) => typeof value === kind))
      return plain(kind);
    return this.#types.of(narrow, [...hint, pascalCase(words(name))]);
  }
}

/** The payload's schema, with the name of its schema language. */
function readPayload(node: DocumentNode): {
  readonly payload: DocumentNode | undefined;
  readonly format: string | undefined;
} {
  const [payload] = inherited(node, "payload");
  const format = payload?.text("schemaFormat");
  if (format !== undefined && payload?.has("schema"))
    return { payload: payload.get("schema"), format };
  return { payload, format: node.text("schemaFormat") };
}

/** Checks for content types whose payloads are certainly bytes. */
function isBinaryContent(contentType: string): boolean {
  return /^(?:image|audio|video|font)\/|\/(?:octet-stream|zip|gzip|pdf|x-protobuf|protobuf)\b/.test(
    contentType,
  );
}

/** A header's type; without one, the common type of its allowed values. */
function kindOf(schemas: readonly DocumentNode[]): HeaderField["kind"] {
  const [type] = schemas.flatMap((schema) => own(schema.target.value, "type") ?? []);
  if (type === "integer" || type === "number") return "number";
  if (type !== undefined) return type === "boolean" ? "boolean" : "string";
  const [values = []] = schemas.flatMap((schema) => {
    const all = fixedValues(schema);
    return all === undefined ? [] : [all];
  });
  const [kind, ...others] = new Set(values.map((each) => typeof each));
  return others.length === 0 && (kind === "number" || kind === "boolean") ? kind : "string";
}

/** The allowed values of a schema, if it lists them. */
function fixedValues(schema: DocumentNode): readonly unknown[] | undefined {
  const { value } = schema.target;
  const only = own(value, "const");
  const all = only === undefined ? own(value, "enum") : [only];
  return Array.isArray(all) ? all : undefined;
}

/** Checks for a header name that HTTP and NATS allow. */
function isHeaderName(property: DocumentNode): boolean {
  if (/^[!-9;-~]+$/.test(property.key)) return true;
  property.warn({
    code: "unfit-header",
    message: `\`${property.key}\` is not a valid name of a header; it is ignored.`,
    fix: "Use visible ASCII characters other than the colon.",
  });
  return false;
}
