/** Hands out names, each once, also where only a case-insensitive reader looks. */
export class Names {
  readonly #taken = new Set<string>();
  readonly #reserved: ReadonlySet<string>;

  /** @param reserved Names never given out, exactly as written. */
  constructor(reserved: Iterable<string>) {
    this.#reserved = new Set(reserved);
  }

  /** Whether a name is never given out. */
  reserves(name: string): boolean {
    return this.#reserved.has(name);
  }

  /** Whether a name can still be had. */
  free(name: string): boolean {
    return !this.#reserved.has(name) && !this.#taken.has(name.toLowerCase());
  }

  /** Takes a name, with a number behind it when it is taken or reserved already. */
  take(wanted: string): string {
    let name = wanted;
    for (let n = 2; !this.free(name); n++) name = `${wanted}${n}`;
    this.#taken.add(name.toLowerCase());
    return name;
  }
}

/** Words that no declaration can be called. */
const keywords =
  "abstract arguments as async await boolean break case catch class const continue debugger declare default delete do else enum eval export extends false finally for from function if implements import in infer instanceof interface is keyof let namespace never new null number object of package private protected public return satisfies static string super switch symbol then this throw true try type typeof undefined unique unknown using var void while with yield any bigint NaN Infinity globalThis".split(
    " ",
  );

/** What the files themselves import or use. A type of the document never hides one of them. */
const usedByTheSdk =
  "ANY Channels Codecs DatePlace Keys Servers Validators Channel Procedure Filter Handler JetStream Key JsonReader JsonWriter Many Messages MessagesOptions MsgpackReader MsgpackWriter NatsCommand NatsKey NatsOptions NatsSerializer NoHeaders NoParams OneOf Replies ReplySource Responder Promise RequestManyOptions RequestOptions Responders Send Subject SubscribeOptions Subscription Uint8Array Record".split(
    " ",
  );

/** Types that every program has; a type of the same name would hide them from who imports it. */
const globalTypes =
  "Array ArrayBuffer AsyncIterable Awaited BigInt Boolean Buffer Date Error Event Exclude Extract Function Headers Intl Iterable JSON Map Math Number Object Omit Partial Pick Proxy Readonly Reflect RegExp Request Required Response Set String Symbol URL WeakMap WeakSet".split(
    " ",
  );

/** Names that no type can have. */
export const reservedTypes: readonly string[] = [...keywords, ...usedByTheSdk, ...globalTypes];

/** Names that no constant of `keys.ts` and `channels.ts` can have. */
export const reservedConstants: readonly string[] = [
  ...keywords,
  ..."byHeader byProperty byPropertyType byType bytes channel correlated dated exactMsgpackSerializer givenSubject headers integer json many msgpackSerializer none oneOf only procedure responder serialized subject text validated values".split(
    " ",
  ),
  ...usedByTheSdk,
];
