/** Assigns each name once, ignoring case. */
export class Names {
  readonly #taken = new Set<string>();
  readonly #reserved: ReadonlySet<string>;

  /** @param reserved Names that are never assigned, in their exact case. */
  constructor(reserved: Iterable<string>) {
    this.#reserved = new Set(reserved);
  }

  /** Checks if a name is reserved. */
  reserves(name: string): boolean {
    return this.#reserved.has(name);
  }

  /** Checks if a name is available. */
  free(name: string): boolean {
    return !this.#reserved.has(name) && !this.#taken.has(name.toLowerCase());
  }

  /** Takes a name, with a number appended if it is taken or reserved. */
  take(wanted: string): string {
    let name = wanted;
    for (let n = 2; !this.free(name); n++) name = `${wanted}${n}`;
    this.#taken.add(name.toLowerCase());
    return name;
  }
}

/** Words that are invalid as the name of a declaration. */
const keywords =
  "abstract arguments as async await boolean break case catch class const continue debugger declare default delete do else enum eval export extends false finally for from function if implements import in infer instanceof interface is keyof let namespace never new null number object of package private protected public return satisfies static string super switch symbol then this throw true try type typeof undefined unique unknown using var void while with yield any bigint NaN Infinity globalThis".split(
    " ",
  );

/** Names that the files themselves import or use. A type of the document must not hide them. */
const usedByTheSdk =
  "ANY Channels Codecs PayloadPlace Keys Servers Validators Channel Procedure Filter Handler JetStream Key JsonReader JsonWriter Many Messages MessagesOptions MsgpackReader MsgpackWriter NatsCommand NatsKey NatsOptions NatsSerializer NoHeaders NoParams OneOf Replies ReplySource Responder Promise RequestManyOptions RequestOptions Responders Send Subject SubscribeOptions Subscription Uint8Array Record".split(
    " ",
  );

/** Global types. A type of the same name would hide them in files that import it. */
const globalTypes =
  "Array ArrayBuffer AsyncIterable Awaited BigInt Boolean Buffer Date Error Event Exclude Extract Function Headers Intl Iterable JSON Map Math Number Object Omit Partial Pick Proxy Readonly Reflect RegExp Request Required Response Set String Symbol URL WeakMap WeakSet".split(
    " ",
  );

/** Names that a type cannot have. */
export const reservedTypes: readonly string[] = [...keywords, ...usedByTheSdk, ...globalTypes];

/** Names that a constant of `keys.ts` and `channels.ts` cannot have. */
export const reservedConstants: readonly string[] = [
  ...keywords,
  ..."byHeader byProperty byPropertyType byType bytes channel converted correlated exactJson exactMsgpackSerializer givenSubject headers onWire integer json many msgpackSerializer none oneOf only procedure responder roundingMsgpackSerializer serialized subject text validated values".split(
    " ",
  ),
  ...usedByTheSdk,
];
