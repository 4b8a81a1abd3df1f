import { everyType } from "../model/discriminator.js";
import type { Discriminator, Message, MessageSet } from "../model/sdk.js";
import { pascalCase, words } from "../model/words.js";
import { type Codecs, noLibrary } from "./codec/codecs.js";
import { keyText, literal } from "./literal.js";
import { typeText } from "./type-text.js";

/** Describes a set of messages: a single one, or those of a union. */
export function messageSetView(codecs: Codecs, set: MessageSet): object {
  const single = singleOf(set);
  return single === undefined
    ? { message: undefined, ...unionView(codecs, set) }
    : { message: messageView(codecs, single, false) };
}

/** The type of a set of messages. */
export function messagesType(set: MessageSet): string {
  const single = singleOf(set);
  return single === undefined ? String(set.unionType) : typeText(single.type);
}

/** Describes messages that a discriminator distinguishes. */
export function unionView(
  codecs: Codecs,
  { messages, discriminator }: Pick<MessageSet, "messages" | "discriminator">,
): object {
  return {
    messages: messages.map((message) => ({
      key: keyText(message.name),
      ...messageView(codecs, message, true),
    })),
    discriminator: discriminatorView(
      messages.map(({ name }) => keyText(name)),
      discriminator,
    ),
  };
}

/** The message of a set with only one. */
export function singleOf({ messages, unionType }: MessageSet): Message | undefined {
  return unionType === undefined ? messages[0] : undefined;
}

/** @param isTyped `true` if the code around it does not determine the type of the payload. */
function messageView(codecs: Codecs, message: Message, isTyped: boolean): object {
  const { name, codec, type, headers, check, correlation } = message;
  const format = codec === "json" || codec === "msgpack" ? codec : undefined;
  // Validators check the value of the schema, but a compiled codec has already converted it.
  const isOwn = isTyped || (check !== undefined && codecs.isConverted(type));
  const compiled = isOwn || format === undefined ? undefined : codecs.of(type, format);
  const library =
    compiled !== undefined || format === undefined
      ? noLibrary
      : codecs.libraryOf(type, `${pascalCase(words(name))}Payload`, format);
  // In JSON, only validators see what the library reads.
  const isPlain = codec === "json" && check === undefined;
  const isMsgpack = codec === "msgpack";
  const typeArguments = [
    ...(codec === "text" || codec === "bytes" ? [] : [typeText(type)]),
    ...(headers === undefined ? [] : [headers.type]),
  ];
  return {
    codec: compiled ?? "",
    isNone: codec === "none",
    isText: codec === "text",
    isBytes: codec === "bytes",
    isMsgpack,
    library: isPlain ? { ...library, onWire: "" } : library,
    // TypeScript cannot infer a type from a serializer of any value.
    typeArguments: isTyped || isMsgpack ? typeArguments : [],
    headers: headers?.fields.map(({ name, kind, required }) => ({
      key: keyText(name),
      kind: literal(required ? kind : `${kind}?`),
    })),
    check: check && { name: check.name, when: literal(check.when) },
    correlation: correlation && {
      location: literal(correlation.location),
      isFilledIn:
        correlation.isFilledIn && (correlation.header === undefined || headers !== undefined),
    },
  };
}

function discriminatorView(
  keys: readonly string[],
  of: Discriminator | undefined,
): object | undefined {
  const each = (all: readonly (readonly unknown[])[]): object[] =>
    all.map((values, i) => ({ key: keys[i], values: values.map(literal) }));
  const view = {
    isProperty: of?.by === "property",
    isHeader: of?.by === "header",
    isPropertyType: of?.by === "propertyType",
    isType: of?.by === "type",
  };
  switch (of?.by) {
    case "property":
    case "header":
      return { ...view, name: literal(of.name), values: each(of.values) };
    case "propertyType":
      return { ...view, name: literal(of.name), values: each(of.types) };
    case "type":
      return { ...view, values: each(of.types) };
    case "shape": {
      const shapes = of.shapes.flatMap(({ types, open, required, optional }, i) => {
        // Nothing distinguishes a message of any type.
        if (types.length === everyType.length) return [];
        const isObject = types.includes("object");
        return {
          key: keys[i],
          types: isObject && types.length === 1 ? [] : types.map(literal),
          required: isObject ? required.map(literal) : [],
          optional: isObject && !open ? optional.map(literal) : [],
          open: isObject && open,
        };
      });
      return shapes.length === 0 ? undefined : { ...view, shapes };
    }
    default:
      return undefined;
  }
}
