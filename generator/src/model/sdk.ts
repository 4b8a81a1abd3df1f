import type { DateForm, Validate } from "../generate-options.js";

/**
 * The SDK as plain data: everything is decided, nothing is formatted. Names are final, texts are raw:
 * what a template or printer writes of them passes through its own escaping.
 */
export interface Sdk {
  /** The document's title. */
  readonly title: string;
  /** The document's version. */
  readonly version: string;
  /** What the document says about itself. */
  readonly description: string | undefined;
  /** What a `date-time` is. */
  readonly dates: DateForm;
  /** Type declarations, in the order in which the document needs them first. */
  readonly types: readonly TypeDeclaration[];
  /** One for each address, in the document's order. */
  readonly keys: readonly SubjectKey[];
  /** The messages of addresses whose operations take some of them each. */
  readonly shared: readonly SharedMessages[];
  /** What travels on the addresses, in the document's order. */
  readonly channels: readonly Channel[];
  /** Where several procedures share an address: one responder for all of them. */
  readonly responders: readonly Responder[];
  /** The streams that keep channels. */
  readonly streams: readonly Stream[];
  /** The servers that speak NATS. */
  readonly servers: readonly Server[];
  /** What holds messages against their schemas; undefined where none are. */
  readonly validators: Validators | undefined;
}

/** The files `validators.js` and `validators.d.ts`. */
export interface Validators {
  /** The functions of the module. */
  readonly names: readonly string[];
  /** The module, as ajv writes it. */
  readonly code: string;
}

/** A type, as far as it is written in place. */
export type TypeNode =
  | { readonly kind: PlainType }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "reference"; readonly name: string }
  | { readonly kind: "array"; readonly item: TypeNode }
  | {
      readonly kind: "tuple";
      readonly items: readonly TupleItem[];
      readonly rest: TypeNode | undefined;
    }
  | { readonly kind: "record"; readonly value: TypeNode }
  | { readonly kind: "union" | "intersection"; readonly members: readonly TypeNode[] };

/** Types that are one word; `bytes` is a Uint8Array, and `date` a Date that travels as text. */
export type PlainType =
  | "string"
  | "date"
  | "number"
  | "boolean"
  | "null"
  | "undefined"
  | "unknown"
  | "never"
  | "bytes";

/** A place of a tuple. */
export interface TupleItem {
  readonly type: TypeNode;
  readonly optional: boolean;
}

/** A named type. */
export type TypeDeclaration = InterfaceDeclaration | AliasDeclaration;

/** An object with its properties. */
export interface InterfaceDeclaration {
  readonly kind: "interface";
  readonly name: string;
  readonly doc: Doc;
  readonly properties: readonly Property[];
  /** The type of properties that are not listed; undefined where there is no saying. */
  readonly others: TypeNode | undefined;
  /** The same with all that is listed, as an index has to be. */
  readonly index: TypeNode | undefined;
}

/** A name for a type. */
export interface AliasDeclaration {
  readonly kind: "alias";
  readonly name: string;
  readonly doc: Doc;
  readonly type: TypeNode;
}

/** A property, named as on the wire. */
export interface Property {
  readonly name: string;
  readonly type: TypeNode;
  readonly required: boolean;
  readonly doc: Doc;
}

/** What a doc comment says. */
export interface Doc {
  readonly text: string | undefined;
  /** Constraints that the type does not express, each a sentence of Markdown. */
  readonly notes: readonly string[];
  /** Values of the document's examples. */
  readonly examples: readonly unknown[];
  readonly deprecated: boolean;
}

/** An address: a constant of `keys.ts`. */
export interface SubjectKey {
  /** The constant's name. */
  readonly name: string;
  /** The subject, its parameters in braces by their TypeScript names. */
  readonly subject: string;
  /** The name of the interface of its parameters; undefined where there are none. */
  readonly paramsType: string | undefined;
  readonly parameters: readonly Parameter[];
  /** The address as the document writes it. */
  readonly address: string;
  /** Whether the document knows no address, so that callers give the subject; there is no constant then. */
  readonly isGiven: boolean;
}

/** A parameter of an address. */
export interface Parameter {
  /** The name in TypeScript. */
  readonly name: string;
  /** The name in the document; several where channels that share the subject call it differently. */
  readonly keys: readonly string[];
  readonly doc: Doc;
  readonly type: "string" | "integer" | readonly (string | number)[];
  /** The value when it is left out. */
  readonly fallback: string | number | undefined;
}

/** What a payload is made into. */
export type Codec = "json" | "msgpack" | "text" | "bytes" | "none";

/** One kind of message. */
export interface Message {
  /** As the document calls it. */
  readonly name: string;
  readonly codec: Codec;
  readonly type: TypeNode;
  readonly headers: Headers | undefined;
  /** Where its correlation id stands; undefined where the document does not say. */
  readonly correlation: Correlation | undefined;
  /** What holds payloads against their schema; undefined where nothing does. */
  readonly check: Check | undefined;
  readonly doc: Doc;
}

/** A function of `validators.js`. */
export interface Check {
  readonly name: string;
  /** Which way messages go that it checks. */
  readonly when: Validate;
}

/** The place of a correlation id. */
export interface Correlation {
  /** As the document writes it. */
  readonly location: string;
  /** The name of the header that it is; undefined where it stands in the payload. */
  readonly header: string | undefined;
  /** Whether requests without one may get any text. */
  readonly isFilledIn: boolean;
}

/** The headers of a message. */
export interface Headers {
  /** The name of their interface. */
  readonly type: string;
  readonly fields: readonly HeaderField[];
}

/** One header. */
export interface HeaderField {
  readonly name: string;
  readonly kind: "string" | "number" | "boolean";
  readonly required: boolean;
}

/** The messages of one direction: one kind of message, or several. */
export interface MessageSet {
  readonly messages: readonly Message[];
  /** The name of the union of several messages; undefined for a single one. */
  readonly unionType: string | undefined;
  /** How a receiver distinguishes several messages. */
  readonly discriminator: Discriminator | undefined;
}

/** All messages of an address whose operations take some of them each: a constant of `channels.ts`. */
export interface SharedMessages {
  /** The constant's name. */
  readonly name: string;
  /** The address as the document writes it. */
  readonly address: string;
  readonly messages: readonly Message[];
  /** How a receiver distinguishes them. */
  readonly discriminator: Discriminator | undefined;
}

/** How a receiver distinguishes several messages. */
export type Discriminator =
  | {
      readonly by: "property" | "header";
      readonly name: string;
      /** The values that stand for each message, in the order of the messages. */
      readonly values: readonly (readonly (string | number | boolean | null)[])[];
    }
  | {
      readonly by: "propertyType";
      readonly name: string;
      /** The JSON types that the property has in each message, in the order of the messages. */
      readonly types: readonly (readonly JsonType[])[];
    }
  | {
      readonly by: "type";
      /** The JSON types of each message, in the order of the messages. */
      readonly types: readonly (readonly JsonType[])[];
    }
  | {
      readonly by: "shape";
      /** The properties of each message, in the order of the messages. */
      readonly shapes: readonly Shape[];
    };

/** Type of a JSON value. */
export type JsonType = "string" | "number" | "boolean" | "null" | "array" | "object";

/** The properties that an object has. */
export interface Shape {
  readonly types: readonly JsonType[];
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Whether it may have others. */
  readonly open: boolean;
}

/** A channel of an address: a constant of `channels.ts` with its functions. */
export interface Channel {
  readonly kind: "channel" | "procedure";
  /** The constant's name. */
  readonly name: string;
  /** What the functions' verbs are put in front of. */
  readonly base: string;
  /** The name of the function that iterates over its messages. */
  readonly iterator: string;
  readonly key: SubjectKey;
  readonly doc: Doc;
  readonly message: MessageSet;
  /** All messages of the address; undefined where the channel takes all of them. */
  readonly subsetOf: SharedMessages | undefined;
  /** What a procedure answers with. */
  readonly reply: MessageSet | undefined;
  /** Whether an answer is several messages. */
  readonly manyReplies: boolean;
  /** The ids of its operations in the document. */
  readonly operations: readonly string[];
  readonly queue: string | undefined;
  /** Whether the SDK sends: an address with wildcards is for listening only, and a role may not. */
  readonly sends: boolean;
  /** Whether the SDK listens; a role may not. */
  readonly listens: boolean;
  /** The name of the client's group that its functions belong to; undefined for one of their own. */
  readonly tag: string | undefined;
  /** Whether a responder answers it together with others. */
  readonly shared: boolean;
}

/** Several procedures on one address, answered over one subscription: a constant of `channels.ts`. */
export interface Responder {
  /** The constant's name. */
  readonly name: string;
  /** What the verb `respond` is put in front of. */
  readonly base: string;
  /** The name of the interface of its procedures. */
  readonly operationsType: string;
  readonly key: SubjectKey;
  readonly procedures: readonly Channel[];
  readonly queue: string;
}

/** A stream: a constant of `streams.ts`, or a function of the parameters in its name. */
export interface Stream {
  /** The constant's name. */
  readonly name: string;
  /** The name of the interface of its channels. */
  readonly channelsType: string;
  /** As the server calls it; parameters in braces. */
  readonly stream: string;
  /** The parameters in its name, by their TypeScript names. */
  readonly parameters: readonly string[];
  /** Subjects may hold the same parameters. */
  readonly settings: StreamSettings & { readonly subjects: readonly string[] };
  readonly channels: readonly Channel[];
}

/** What a stream is to be; as StreamConfig in `alternats/jetstream`, in milliseconds and bytes. */
export interface StreamSettings {
  readonly subjects?: readonly string[];
  readonly description?: string;
  readonly retention?: string;
  readonly storage?: string;
  readonly discard?: string;
  readonly discardNewPerSubject?: boolean;
  readonly maxAge?: number;
  readonly maxBytes?: number;
  readonly maxMessages?: number;
  readonly maxMessagesPerSubject?: number;
  readonly maxMessageSize?: number;
  readonly maxConsumers?: number;
  readonly replicas?: number;
  readonly duplicateWindow?: number;
  readonly allowDirect?: boolean;
  readonly denyDelete?: boolean;
  readonly denyPurge?: boolean;
}

/** A server: a function of `servers.ts`. */
export interface Server {
  /** The function's name. */
  readonly name: string;
  readonly doc: Doc;
  /** Text of its address, and names of variables between by turns. */
  readonly address: readonly string[];
  /** The name of the interface of its variables; undefined where there are none. */
  readonly variablesType: string | undefined;
  readonly variables: readonly ServerVariable[];
  /** What the engine calls the credentials that it takes; none where it names none. */
  readonly credentials: readonly Credentials[];
  /** Whether it can be without, since the document also has another way in, for example a certificate. */
  readonly credentialsOptional: boolean;
}

/** A variable of a server's address. */
export interface ServerVariable {
  readonly name: string;
  readonly doc: Doc;
  /** The values that it may have; none where any will do. */
  readonly values: readonly string[];
  readonly fallback: string | undefined;
}

/** The engine's names for credentials. */
export type Credentials =
  | "UserCredentials"
  | "TokenCredentials"
  | "NkeyCredentials"
  | "JwtCredentials"
  | "FileCredentials";
