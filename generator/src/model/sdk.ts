import type { DateForm, Validate } from "../generate-options.js";

/**
 * The SDK as plain data: all decisions are made, nothing is formatted. Names are final. Texts are
 * raw; templates and printers escape them.
 */
export interface Sdk {
  /** The document's title. */
  readonly title: string;
  /** The document's version. */
  readonly version: string;
  /** The document's description of itself. */
  readonly description: string | undefined;
  /** The type of a `date-time`. */
  readonly dates: DateForm;
  /** Type declarations, in the order in which the document needs them first. */
  readonly types: readonly TypeDeclaration[];
  /** One for each address, in the document's order. */
  readonly keys: readonly SubjectKey[];
  /** Messages of addresses whose operations handle different messages. */
  readonly shared: readonly SharedMessages[];
  /** Channels and procedures, in the document's order. */
  readonly channels: readonly Channel[];
  /** Responders for several procedures that share an address. */
  readonly responders: readonly Responder[];
  /** Streams that store channels. */
  readonly streams: readonly Stream[];
  /** NATS servers. */
  readonly servers: readonly Server[];
  /** Validators of messages; undefined without validation. */
  readonly validators: Validators | undefined;
}

/** The files `validators.js` and `validators.d.ts`. */
export interface Validators {
  /** The functions of the module. */
  readonly names: readonly string[];
  /** The code of the module, as created by ajv. */
  readonly code: string;
}

/** A type expression. */
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

/**
 * Types with a one-word name; `bytes` is a Uint8Array. On the wire, `date` is text, and `bigint` and
 * `integerText` (a string) are integers. `integer` is a number, and `dateText` a string.
 */
export type PlainType =
  | "string"
  | "date"
  | "dateText"
  | "number"
  | "integer"
  | "bigint"
  | "integerText"
  | "boolean"
  | "null"
  | "undefined"
  | "unknown"
  | "never"
  | "bytes";

/** An element of a tuple. */
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
  /** The type of other properties; undefined if it is unknown. */
  readonly others: TypeNode | undefined;
  /** Union with the types of all declared properties, as an index signature requires. */
  readonly index: TypeNode | undefined;
}

/** A name for a type. */
export interface AliasDeclaration {
  readonly kind: "alias";
  readonly name: string;
  readonly doc: Doc;
  readonly type: TypeNode;
}

/** A property, with its name on the wire. */
export interface Property {
  readonly name: string;
  readonly type: TypeNode;
  readonly required: boolean;
  readonly doc: Doc;
}

/** Content of a doc comment. */
export interface Doc {
  readonly text: string | undefined;
  /** Constraints that the type does not express, each a Markdown sentence. */
  readonly notes: readonly string[];
  /** Values of the document's examples. */
  readonly examples: readonly unknown[];
  readonly deprecated: boolean;
  /** The schema that it is of, as the document has it. */
  readonly schema?: object;
}

/** An address: a constant of `keys.ts`. */
export interface SubjectKey {
  /** The constant's name. */
  readonly name: string;
  /** The subject, with parameters in braces under their TypeScript names. */
  readonly subject: string;
  /** The name of the interface of its parameters; undefined if it has none. */
  readonly paramsType: string | undefined;
  readonly parameters: readonly Parameter[];
  /** The address as the document writes it. */
  readonly address: string;
  /**
   * `true` if the document has no address, so that callers pass the subject. There is no constant
   * then.
   */
  readonly isGiven: boolean;
}

/** A parameter of an address. */
export interface Parameter {
  /** The name in TypeScript. */
  readonly name: string;
  /** The name in the document; several if channels that share the subject use different names. */
  readonly keys: readonly string[];
  readonly doc: Doc;
  readonly type: "string" | "integer" | readonly (string | number)[];
  /** The default value. */
  readonly fallback: string | number | undefined;
}

/** Encoding of a payload. */
export type Codec = "json" | "msgpack" | "text" | "bytes" | "none";

/** One kind of message. */
export interface Message {
  /** Its name in the SDK. */
  readonly name: string;
  /**
   * Its names in the header `Alternats-Message`. The first is written; the others are accepted, as is
   * its name in the SDK, which version 0.1.0 wrote.
   */
  readonly headerNames: readonly string[];
  readonly codec: Codec;
  readonly type: TypeNode;
  readonly headers: Headers | undefined;
  /** Place of its correlation id; undefined if the document defines none. */
  readonly correlation: Correlation | undefined;
  /** Validator of its payload; undefined without one. */
  readonly check: Check | undefined;
  readonly doc: Doc;
}

/** A function of `validators.js`. */
export interface Check {
  readonly name: string;
  /** Direction of the messages that it checks. */
  readonly when: Validate;
}

/** The place of a correlation id. */
export interface Correlation {
  /** As the document writes it. */
  readonly location: string;
  /** The name of its header; undefined if it is in the payload. */
  readonly header: string | undefined;
  /** `true` if requests without an id may get any text. */
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
  /** Discriminator of several messages, for receivers. */
  readonly discriminator: Discriminator | undefined;
  /** Names of the messages that may be delivered without a name. */
  readonly unnamed: readonly string[];
}

/**
 * All messages of an address whose operations handle different messages: a constant of
 * `channels.ts`.
 */
export interface SharedMessages {
  /** The constant's name. */
  readonly name: string;
  /** The address as the document writes it. */
  readonly address: string;
  readonly messages: readonly Message[];
  /** Discriminator of the messages, for receivers. */
  readonly discriminator: Discriminator | undefined;
  /** Names of the messages that may be delivered without a name. */
  readonly unnamed: readonly string[];
}

/** Rule by which a receiver distinguishes several messages. */
export interface Discriminator {
  /** The place that is compared first; undefined if there is none. */
  readonly which: Which | undefined;
  /** The shapes of messages that it does not identify, in the order of the messages. */
  readonly shapes: readonly (Shape | undefined)[];
  /** Pairs of messages that can have the same payload, as positions in the list of messages. */
  readonly open: readonly (readonly [number, number])[];
}

/** A place whose value identifies messages, with its values or JSON types in each message. */
export type Which =
  | {
      readonly by: "property" | "header" | "propertyType";
      readonly name: string;
      readonly values: readonly (readonly Scalar[])[];
    }
  | { readonly by: "type"; readonly values: readonly (readonly Scalar[])[] };

/** A value that is not an object or a list. */
export type Scalar = string | number | boolean | null;

/** Type of a JSON value; an integer is a number as well. */
export type JsonType = "string" | "number" | "integer" | "boolean" | "null" | "array" | "object";

/** Outline of a schema: what messages are compared by. */
export interface Shape {
  readonly types: readonly JsonType[];
  /** The allowed values; undefined if they are not listed. */
  readonly values: readonly Scalar[] | undefined;
  /** Required properties of an object. */
  readonly required: readonly string[];
  /** Declared properties of an object. */
  readonly properties: ReadonlyMap<string, Shape>;
  /** Undeclared properties: forbidden, described by a schema of their own, or not mentioned. */
  readonly others: "none" | "described" | "any";
  /** Shape of the items of a list. */
  readonly items: Shape | undefined;
  /** Lists of alternatives; a value has the shape of at least one of each list. */
  readonly any: readonly (readonly Shape[])[];
}

/** A channel of an address: a constant of `channels.ts` with its functions. */
export interface Channel {
  readonly kind: "channel" | "procedure";
  /** The constant's name. */
  readonly name: string;
  /** The part of the functions' names after the verb. */
  readonly base: string;
  /** The name of the function that iterates over its messages. */
  readonly iterator: string;
  readonly key: SubjectKey;
  readonly doc: Doc;
  readonly message: MessageSet;
  /** All messages of the address; undefined if the channel handles all of them. */
  readonly subsetOf: SharedMessages | undefined;
  /** Messages of the reply of a procedure. */
  readonly reply: MessageSet | undefined;
  /** `true` if a request gets several replies. */
  readonly manyReplies: boolean;
  /** Place in a request that contains the subject of its reply; undefined without one. */
  readonly replyAt: string | undefined;
  /** The ids of its operations in the document. */
  readonly operations: readonly string[];
  /** The ids of those operations that receive. */
  readonly receivers: readonly string[];
  readonly queue: string | undefined;
  /**
   * `true` if the SDK publishes. An address with wildcards can only be subscribed to, and a role
   * may not publish.
   */
  readonly sends: boolean;
  /** `true` if the SDK subscribes; a role may not. */
  readonly listens: boolean;
  /** The name of the client's group with its functions; undefined for its own group. */
  readonly tag: string | undefined;
  /** `true` if one responder handles it together with others. */
  readonly shared: boolean;
}

/** Several procedures on one address with one subscription: a constant of `channels.ts`. */
export interface Responder {
  /** The constant's name. */
  readonly name: string;
  /** The part of the functions' names after the verb. */
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
  /** Its name on the server, with parameters in braces. */
  readonly stream: string;
  /** The parameters in its name, by their TypeScript names. */
  readonly parameters: readonly string[];
  /** Subjects may contain the same parameters. */
  readonly settings: StreamSettings & { readonly subjects: readonly string[] };
  readonly channels: readonly Channel[];
}

/** Settings of a stream, as StreamConfig in `alternats/jetstream`, in milliseconds and bytes. */
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
  /** Alternating text and names of variables of its address. */
  readonly address: readonly string[];
  /** The name of the interface of its variables; undefined if there are none. */
  readonly variablesType: string | undefined;
  readonly variables: readonly ServerVariable[];
  /** Engine names of the accepted credentials; empty if the document names none. */
  readonly credentials: readonly Credentials[];
  /**
   * `true` if credentials are optional, because the document also has another method, for example a
   * certificate.
   */
  readonly credentialsOptional: boolean;
}

/** A variable of a server's address. */
export interface ServerVariable {
  readonly name: string;
  readonly doc: Doc;
  /** The allowed values; empty if any value is allowed. */
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
