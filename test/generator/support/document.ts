import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";

/** A value of a document with the file that its references start from. References are followed. */
export interface Located {
  readonly file: string;
  readonly value: unknown;
}

/** A message that a document describes. */
export interface DescribedMessage {
  /** The address of its channel; undefined where the document gives none. */
  readonly address: string | undefined;
  /** Its name in the document, in any of the possible ways. */
  readonly names: readonly string[];
  /** The `operationId` or key of each operation that carries it. */
  readonly operations: readonly string[];
  /** The key of each operation that it answers. */
  readonly answers: readonly string[];
  readonly payload: Located | undefined;
  readonly headers: readonly Located[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads documents for the tests: by the specification, and by nothing that the generator holds. */
export class Document {
  readonly #root: string;
  readonly #files = new Map<string, unknown>();
  readonly main: Located;

  constructor(root: string, main: string) {
    this.#root = root;
    this.main = { file: main, value: this.#file(main) };
  }

  /** A property of an object or an item of a list, references followed. */
  get({ file, value }: Located, key: string): Located | undefined {
    const fields = fieldsOf(value);
    if (!Object.hasOwn(fields, key)) return undefined;
    return this.follow({ file, value: fields[key] });
  }

  /** All properties of an object or items of a list, references followed. */
  children(located: Located | undefined): readonly (readonly [key: string, value: Located])[] {
    if (located === undefined) return [];
    return Object.keys(fieldsOf(located.value)).map((key) => {
      return [key, this.get(located, key) ?? { ...located, value: undefined }];
    });
  }

  /** Target of a reference, through any number of references. */
  follow(located: Located): Located {
    let here = located;
    for (let step = 0; step < 50; step++) {
      const { $ref: ref } = fieldsOf(here.value);
      if (typeof ref !== "string") return here;
      const target = this.#resolve(here.file, ref);
      if (target === undefined) return { ...here, value: {} };
      here = target;
    }
    throw new Error("references lead in a circle");
  }

  /** All messages of all channels, each as often as channels carry it. */
  messages(): readonly DescribedMessage[] {
    return this.#channels.flatMap(([key, channel]) =>
      this.#isVersion2 ? this.#version2(key, channel) : this.#version3(channel),
    );
  }

  /** Number of operations. */
  operations(): number {
    if (!this.#isVersion2) return this.children(this.get(this.main, "operations")).length;
    const verbs = this.#channels.flatMap(([, { value }]) => Object.keys(fieldsOf(value)));
    return verbs.filter((verb) => verb === "publish" || verb === "subscribe").length;
  }

  get #isVersion2(): boolean {
    return String(fieldsOf(this.main.value).asyncapi).startsWith("2.");
  }

  get #channels(): readonly (readonly [key: string, value: Located])[] {
    return this.children(this.get(this.main, "channels"));
  }

  #version2(key: string, channel: Located): readonly DescribedMessage[] {
    // The older NATS binding: a requester's own side is what it sends.
    const binding = this.get(this.get(channel, "bindings") ?? channel, "nats") ?? channel;
    const procedure = this.get(binding, "requestReply");
    const verbs = ["publish", "subscribe"];
    if (procedure && text(procedure.value, "is") === "requester") verbs.reverse();
    return verbs.flatMap((verb) => {
      const operation = this.get(channel, verb);
      if (operation === undefined) return [];
      const id = text(operation.value, "operationId");
      const list = fieldsOf(operation.value).message;
      const described = (value: unknown, file: string): readonly DescribedMessage[] => {
        const message = this.follow({ file, value });
        const options = this.get(message, "oneOf");
        if (options !== undefined) {
          return (options.value as unknown[]).flatMap((each) => described(each, options.file));
        }
        const names = [refName(value), ...ownNames(message.value)].filter(isText);
        const operations = id === undefined ? [] : [id];
        return [{ ...this.#describe(key, names, message), operations, answers: [] }];
      };
      return list === undefined ? [] : described(list, operation.file);
    });
  }

  #version3(channel: Located): readonly DescribedMessage[] {
    const address = text(channel.value, "address");
    const all = this.children(this.get(this.main, "operations"));
    const of = (each: Located | undefined): boolean =>
      each !== undefined && this.get(each, "channel")?.value === channel.value;
    return this.children(this.get(channel, "messages")).map(([name, message]) => {
      const carries = (each: Located | undefined): boolean => {
        const listed = each && this.get(each, "messages");
        if (listed === undefined) return of(each);
        return this.children(listed).some(([, { value }]) => value === message.value);
      };
      return {
        ...this.#describe(address, [name, ...ownNames(message.value)], message),
        operations: all
          .filter(([, operation]) => of(operation) && carries(operation))
          .map(([key]) => key),
        answers: all
          .filter(([, operation]) => carries(this.get(operation, "reply")))
          .map(([key]) => key),
      };
    });
  }

  #describe(
    address: string | undefined,
    names: readonly string[],
    message: Located,
  ): Omit<DescribedMessage, "operations" | "answers"> {
    const traits = this.children(this.get(message, "traits")).map(([, trait]) => trait);
    const [payload] = [message, ...traits].flatMap((each) => this.get(each, "payload") ?? []);
    const headers = [message, ...traits].flatMap((each) => this.get(each, "headers") ?? []);
    const wrapped = payload && text(payload.value, "schemaFormat") !== undefined;
    return {
      address,
      names,
      payload: wrapped ? this.get(payload, "schema") : payload,
      headers,
    };
  }

  #resolve(from: string, ref: string): Located | undefined {
    const [path = "", pointer = ""] = ref.split("#");
    if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return undefined;
    const file = path === "" ? from : join(dirname(from), path);
    let here: Located = { file, value: this.#file(file) };
    for (const step of decodeURIComponent(pointer).split("/").slice(1)) {
      const next = this.get(here, step.replaceAll("~1", "/").replaceAll("~0", "~"));
      if (next === undefined) return undefined;
      here = next;
    }
    return here;
  }

  #file(path: string): unknown {
    if (!this.#files.has(path)) {
      const content = readFileSync(join(this.#root, path), "utf8");
      this.#files.set(path, path.endsWith(".json") ? JSON.parse(content) : parse(content));
    }
    return this.#files.get(path);
  }
}

/** The properties of an object or items of a list; none of anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown, key: string): string | undefined {
  const found = fieldsOf(value)[key];
  return isText(found) ? found : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function ownNames(message: unknown): readonly string[] {
  return ["messageId", "name", "title"].flatMap((key) => text(message, key) ?? []);
}

/** The name that a reference ends with: a component's key, or a file's name. */
function refName(value: unknown): string | undefined {
  const ref = text(value, "$ref");
  const end = ref?.split("/").at(-1);
  return ref?.includes("#") ? end : end?.replace(/\..*$/, "");
}
