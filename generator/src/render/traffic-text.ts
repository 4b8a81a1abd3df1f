import { everyType } from "../model/discriminator.js";
import type {
  Discriminator,
  Headers,
  Message,
  MessageSet,
  SharedMessages,
  TypeNode,
} from "../model/sdk.js";
import { pascalCase, words } from "../model/words.js";
import type { Codecs } from "./codec/codecs.js";
import { only as marked } from "./forms.js";
import type { Imports } from "./imports.js";
import { call, entry, list, object, typeArguments } from "./layout.js";
import { literal, propertyName } from "./literal.js";
import { referencesOf, typeText } from "./type-text.js";

const SDK = "alternats/sdk";
const TYPES = "./types.js";

/** What makes the line after a call disappear where nobody uses what it made. */
const pure = "/* @__PURE__ */ ";

/** Writes a call of something in `alternats/sdk` that a bundler may leave out. */
export function pureCall(
  imports: Imports,
  name: string,
  args: readonly string[],
  types = "",
): string {
  return call(`${pure}${imports.value(name, SDK)}${types}`, args);
}

/** Writes a type that may stand among type arguments, and imports what it refers to. */
export function argumentText(imports: Imports, type: TypeNode): string {
  for (const name of referencesOf(type)) imports.type(name, TYPES);
  return typeText(type, "argument");
}

/** The type of what travels: the payload of a single message, or the union of several. */
export function trafficType(
  imports: Imports,
  { messages, unionType }: MessageSet,
  from = "",
): string {
  const [only] = messages;
  if (unionType !== undefined || only === undefined) return `${from}${unionType}`;
  return argumentText(imports, only.type);
}

/** The headers of a single message; a union carries those of its members itself. */
export function trafficHeaders({ messages, unionType }: MessageSet): Headers | undefined {
  return unionType === undefined ? messages[0]?.headers : undefined;
}

/** Writes what makes the messages at run time. */
export function trafficValue(
  imports: Imports,
  codecs: Codecs,
  { messages, unionType, discriminator }: MessageSet,
): string {
  const [only] = messages;
  if (unionType === undefined && only !== undefined) {
    // What is checked is what travels, of which a codec has made dates already.
    if (only.check !== undefined && datesOf(codecs, only) !== undefined) {
      return datedValue(imports, codecs, only, false);
    }
    const compiled = compiledValue(imports, codecs, only);
    if (compiled !== undefined) return checked(imports, only, compiled);
    return datedValue(imports, codecs, only, false);
  }
  return unionValue(imports, codecs, messages, discriminator);
}

/** Writes what takes messages of all that travel on a subject. */
export function takenValue(
  imports: Imports,
  of: SharedMessages,
  { messages, unionType }: MessageSet,
): string {
  if (messages.length === of.messages.length) return of.name;
  const names = messages.map(({ name }) => literal(name));
  const taken = unionType === undefined ? (names[0] ?? "") : list("[", names, "]");
  return pureCall(imports, "only", [of.name, taken]);
}

/** Writes what makes one message of several at run time. */
export function unionValue(
  imports: Imports,
  codecs: Codecs,
  messages: readonly Message[],
  discriminator: Discriminator | undefined,
): string {
  const members = messages.map((message) => {
    const isWhole =
      message.headers === undefined &&
      message.check === undefined &&
      message.correlation === undefined &&
      datesOf(codecs, message) === undefined &&
      !["union", "intersection"].includes(message.type.kind);
    return entry(propertyName(message.name), datedValue(imports, codecs, message, true), isWhole);
  });
  const names = messages.map(({ name }) => name);
  const telling = tellingEntries(imports, names, discriminator);
  return pureCall(imports, "oneOf", [
    object(members),
    ...(telling.length > 0 ? [object(telling)] : []),
  ]);
}

function checked(imports: Imports, message: Message, payload: string): string {
  const value = correlated(imports, message, payload);
  const { check } = message;
  if (check === undefined) return value;
  const name = `${imports.namespace("Validators", "./validators.js")}.${check.name}`;
  const args = [value, name, literal(check.when)];
  return call(`${pure}${imports.value("validated", `${SDK}/validate`)}`, args);
}

function correlated(imports: Imports, { correlation, headers }: Message, value: string): string {
  if (correlation === undefined) return value;
  const { location, header } = correlation;
  const isFilledIn = correlation.isFilledIn && (header === undefined || headers !== undefined);
  const args = [value, literal(location), ...(isFilledIn ? [] : ["false"])];
  return pureCall(imports, "correlated", args);
}

/** A message by the library, with dates where it has some. */
function datedValue(imports: Imports, codecs: Codecs, message: Message, typed: boolean): string {
  const value = checked(imports, message, payloadValue(imports, codecs, message, typed));
  const dates = datesOf(codecs, message);
  if (dates === undefined) return value;
  const args = [value, `${imports.namespace("Codecs", "./codecs.js")}.${dates}`];
  return call(`${pure}${imports.value("dated", `${SDK}/codec`)}`, args);
}

function datesOf(codecs: Codecs, { name, type }: Message): string | undefined {
  return codecs.datesOf(type, `${pascalCase(words(name))}Payload`);
}

/** A message by the codec that its schema was compiled into; undefined where there is none. */
function compiledValue(imports: Imports, codecs: Codecs, message: Message): string | undefined {
  const { codec, type, headers } = message;
  const compiled = codec === "json" || codec === "msgpack" ? codecs.of(type, codec) : undefined;
  if (compiled === undefined) return undefined;
  const value = `${imports.namespace("Codecs", "./codecs.js")}.${compiled}`;
  if (headers === undefined) return value;
  return pureCall(imports, "serialized", [value, headersValue(imports, headers)]);
}

function payloadValue(
  imports: Imports,
  codecs: Codecs,
  { codec, type, headers }: Message,
  typed: boolean,
): string {
  const args = headers === undefined ? [] : [headersValue(imports, headers)];
  if (codec === "none") {
    const none = imports.value("none", SDK);
    if (headers === undefined) return none;
    args.unshift(none);
  }
  const isMsgpack = codec === "msgpack";
  if (isMsgpack) args.unshift(imports.value(codecs.msgpackLibrary, "alternats/msgpack"));
  const maker = isMsgpack || codec === "none" ? "serialized" : codec;
  // A serializer of anything gives the compiler nothing to infer a type from.
  if (!typed && !isMsgpack) return pureCall(imports, maker, args);
  const types = [
    ...(codec === "text" || codec === "bytes" ? [] : [argumentText(imports, type)]),
    ...(headers === undefined ? [] : [imports.type(headers.type, TYPES)]),
  ];
  const given = types.length === 0 ? "" : marked("types", typeArguments(types));
  return pureCall(imports, maker, args, given);
}

function headersValue(imports: Imports, { fields }: Headers): string {
  return pureCall(imports, "headers", [
    object(
      fields.map(({ name, kind, required }) =>
        entry(propertyName(name), literal(required ? kind : `${kind}?`), true),
      ),
    ),
  ]);
}

/** Writes how messages are told apart, as entries of the options of `oneOf`. */
function tellingEntries(
  imports: Imports,
  names: readonly string[],
  telling: Discriminator | undefined,
): readonly string[] {
  const each = (texts: readonly string[]): string =>
    object(texts.map((text, i) => entry(propertyName(names[i] ?? ""), text)));
  const literals = (values: readonly unknown[]): string => list("[", values.map(literal), "]");
  switch (telling?.by) {
    case "property":
    case "header": {
      const helper = telling.by === "header" ? "byHeader" : "byProperty";
      const { name, values } = telling;
      const which = pureCall(imports, helper, [literal(name), each(values.map(literals))]);
      return [entry("which", which)];
    }
    case "propertyType": {
      const { name, types } = telling;
      const which = pureCall(imports, "byPropertyType", [literal(name), each(types.map(literals))]);
      return [entry("which", which)];
    }
    case "type":
      return [entry("which", pureCall(imports, "byType", [each(telling.types.map(literals))]))];
    case "shape": {
      const shapes = telling.shapes.flatMap(({ types, open, required, optional }, i) => {
        if (types.length === everyType.length) return [];
        const isObject = types.includes("object");
        const parts = [
          ...(isObject && types.length === 1 ? [] : [entry("types", literals(types))]),
          ...(!isObject || required.length === 0 ? [] : [entry("required", literals(required))]),
          ...(!isObject || open || optional.length === 0
            ? []
            : [entry("optional", literals(optional))]),
          ...(isObject && open ? [entry("open", "true")] : []),
        ];
        return [entry(propertyName(names[i] ?? ""), object(parts))];
      });
      return shapes.length === 0 ? [] : [entry("shapes", object(shapes))];
    }
    default:
      return [];
  }
}
