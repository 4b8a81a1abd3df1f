import type { Message, MessageSet, Shape, Which } from "../model/sdk.js";
import { everyType } from "../model/shape.js";
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
  set: Pick<MessageSet, "messages" | "discriminator" | "unnamed">,
): object {
  const { messages } = set;
  return {
    messages: messages.map((message) => ({
      key: keyText(message.name),
      ...messageView(codecs, message, true),
    })),
    discriminator: discriminatorView(set),
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

function discriminatorView({
  messages,
  discriminator,
  unnamed,
}: Pick<MessageSet, "messages" | "discriminator" | "unnamed">): object | undefined {
  const view = {
    which: discriminator?.which && whichView(messages, discriminator.which),
    shapes: (discriminator?.shapes ?? []).flatMap((shape, i) =>
      shape === undefined
        ? []
        : [{ key: keyText(messages[i]?.name ?? ""), shape: shapeView(shape) }],
    ),
    unnamed: unnamed.map(literal),
    headers: messages.flatMap(({ name, headerNames }) => {
      const isOwn = headerNames.length === 1 && headerNames[0] === name;
      return isOwn ? [] : [{ key: keyText(name), names: headerNames.map(literal) }];
    }),
  };
  const { which, shapes, headers } = view;
  const isEmpty =
    which === undefined && [shapes, headers, unnamed].every(({ length }) => length === 0);
  return isEmpty ? undefined : view;
}

function whichView(messages: readonly Message[], which: Which): object {
  return {
    isProperty: which.by === "property",
    isHeader: which.by === "header",
    isPropertyType: which.by === "propertyType",
    isType: which.by === "type",
    name: which.by === "type" ? "" : literal(which.name),
    values: which.values.map((values, i) => ({
      key: keyText(messages[i]?.name ?? ""),
      values: values.map(literal),
    })),
  };
}

/** A shape without what it has by default. */
function shapeView({ types, values, required, properties, others, items, any }: Shape): object {
  const declared = [...properties.keys()];
  const described = [...properties].flatMap(([name, shape]) => {
    const part = partView(shape);
    return part === undefined ? [] : [{ key: keyText(name), part, name }];
  });
  const isDescribed = (name: string): boolean => described.some((each) => each.name === name);
  const isObject = types.length === 1 && types[0] === "object";
  const isAny = everyType.every((type) => types.includes(type));
  return {
    types:
      values !== undefined || isAny || (isObject && declared.length > 0) ? [] : types.map(literal),
    isNever: types.length === 0 || values?.length === 0,
    values: values?.map(literal) ?? [],
    required: required.map(literal),
    optional: declared
      .filter((name) => !required.includes(name) && !isDescribed(name))
      .map(literal),
    properties: described,
    open: others === "described",
    closed: others === "none",
    items: items && partView(items),
    any: any.map((list) => list.map(shapeView)),
  };
}

/** A shape within another: only its type, if that is all; undefined for that of any value. */
function partView(shape: Shape): { readonly text: string; readonly shape?: object } | undefined {
  const { types, values, properties, others, items, any } = shape;
  const isPlain =
    values === undefined &&
    properties.size === 0 &&
    others !== "none" &&
    items === undefined &&
    any.length === 0;
  if (isPlain && everyType.every((type) => types.includes(type))) return undefined;
  const [type, ...more] = types;
  if (isPlain && type !== undefined && more.length === 0) return { text: literal(type) };
  return { text: "", shape: shapeView(shape) };
}
