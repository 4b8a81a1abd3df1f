import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { NatsHeaders, type NatsHeadersInit, type NatsSerializer, type NatsWriter } from "alternats";
import type { HeadersCodec } from "alternats/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lacks } from "../support/requirements.js";
import { corpusSdks, entries } from "./support/corpus.js";
import { type DocumentCase, documentCase, type MessageCase } from "./support/corpus-messages.js";
import { readWire, wrapped } from "./support/wire.js";
import { Workbench } from "./support/workbench.js";

/** Bytes on a channel, as the SDK hands them to the engine. */
interface RuntimeMessage extends NatsSerializer {
  readonly headerCodec?: HeadersCodec<unknown>;
}

type RuntimeChannel = { readonly [side in MessageCase["side"]]: RuntimeMessage };

/** A writer with no room to spare: its buffer is another one whenever something is reserved. */
class MovingWriter implements NatsWriter {
  buffer: Uint8Array = new Uint8Array();
  position = 0;

  get length(): number {
    return this.position;
  }

  reserve(size: number): number {
    const moved = new Uint8Array(this.position + size);
    moved.set(this.buffer.subarray(0, this.position));
    this.buffer.fill(0);
    this.buffer = moved;
    return this.position;
  }

  advance(size: number): void {
    this.position += size;
  }

  byte(value: number): void {
    this.bytes(Uint8Array.of(value));
  }

  bytes(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
    this.advance(value.length);
  }

  utf8(value: string): void {
    this.bytes(new TextEncoder().encode(value));
  }
}

function serialized(message: RuntimeMessage, value: unknown): Uint8Array {
  const writer = new MovingWriter();
  message.serialize(value, writer);
  return writer.buffer.slice(0, writer.length);
}

/** Reads as the engine does: from amid a larger buffer, whose other bytes are none of the message's. */
function deserialized(
  message: RuntimeMessage,
  bytes: Uint8Array,
  headers: NatsHeadersInit | undefined,
): unknown {
  const buffer = new Uint8Array(bytes.length + 4).fill(0x22);
  buffer.set(bytes, 2);
  const given = headers === undefined ? undefined : new NatsHeaders(headers);
  const value = message.deserialize(buffer, 2, bytes.length + 2, given);
  buffer.fill(0);
  return value;
}

/** The same value as a producer with other habits writes it: keys the other way round, and white space. */
function rewritten(value: unknown): Uint8Array {
  const reverse = (_key: string, each: unknown): unknown =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).reverse())
      : each;
  return new TextEncoder().encode(JSON.stringify(value, reverse, "\t"));
}

/** Problem of a value; `undefined` if there is none. */
function* problems(
  message: RuntimeMessage,
  each: MessageCase,
  value: unknown,
): Generator<readonly [what: string, found: unknown]> {
  const given = wrapped(each, value);
  const before = structuredClone(given);
  const bytes = serialized(message, given);
  const own = message.headers?.(given);
  if (!isDeepStrictEqual(given, before)) yield ["the caller's value was changed", given];
  const { codec } = each.message;
  const read = readWire(each, bytes);
  if (!isDeepStrictEqual(read, value)) yield ["another implementation reads", read];
  const back = deserialized(message, bytes, own);
  if (!isDeepStrictEqual(back, given)) yield ["the SDK itself reads", back];
  if (codec === "json") {
    const other = deserialized(message, rewritten(value), own);
    if (!isDeepStrictEqual(other, given)) yield ["from another producer the SDK reads", other];
  }
  if (each.named || each.headers === undefined) return;
  const written = new NatsHeaders(message.headerCodec?.write(each.headers));
  for (const [name, header] of Object.entries(each.headers)) {
    if (written.get(name) !== String(header))
      yield [`the header ${name} travels as`, written.get(name)];
  }
  const headers = message.headerCodec?.read(written);
  if (!isDeepStrictEqual(headers, each.headers)) yield ["of the headers, the SDK reads", headers];
}

/** Source text of a value, of which a compiler infers what a literal in a program has. */
function literal(value: unknown): string {
  if (value instanceof Uint8Array) return `Uint8Array.of(${value.join(", ")})`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const properties = Object.entries(value).map(([name, each]) => {
    return `[${JSON.stringify(name)}]: ${literal(each)}`;
  });
  return `{ ${properties.join(", ")} }`;
}

/**
 * Values that no program can write. A schema that contradicts itself has the type `never`; and for the
 * compiler, `{}` has the `toString` that it inherits, which is not the optional text of the schema.
 */
function isUnwritable({ message }: MessageCase, value: unknown): boolean {
  if (message.name === "conversationMessageRecorded") return true;
  return message.name === "toString" && isDeepStrictEqual(value, {});
}

/** A program that gives the types every value that their schemas allow. */
function program(cases: readonly MessageCase[]): string {
  const lines = cases.flatMap((each, i) => {
    const { channel, side } = each;
    const constant = `typeof Channels.${channel.name}`;
    return each.values.flatMap((value, j) => {
      if (isUnwritable(each, value)) return [];
      const text = literal(wrapped(each, value));
      return `export const example${i}_${j}: Value<${constant}, "${side}"> = ${text};`;
    });
  });
  if (lines.length === 0) return "export {};\n";
  return [
    'import type { Message } from "alternats/sdk";',
    'import type { Channels } from "./index.js";',
    "type Value<C, S extends keyof C> = C[S] extends Message<infer T, infer _H> ? T : never;",
    ...lines,
    "",
  ].join("\n");
}

describe.skipIf(lacks("corpus"))("an example of every message of the corpus", () => {
  const documents = new Map<string, DocumentCase>();
  let bench: Workbench;

  beforeAll(async () => {
    bench = await Workbench.open();
    const sdks = await corpusSdks();
    for (const entry of entries("valid")) {
      const document = await documentCase(entry);
      documents.set(entry.id, document);
      await bench.writeAll(entry.id, sdks.get(entry.id)?.files ?? []);
      await bench.write(join(entry.id, "examples.ts"), program(document.messages));
    }
  }, 120_000);

  afterAll(() => bench[Symbol.asyncDispose]());

  it.each(entries("valid").map(({ id }) => id))("comes back equal: %s", async (id) => {
    const { messages } = documents.get(id)!;
    const sdk = await import(join(bench.folder, id, "channels.ts"));
    const found: unknown[] = [];
    for (const each of messages) {
      const { channel, side, message } = each;
      const made: RuntimeChannel = sdk[channel.name];
      for (const value of each.values) {
        const where = `${channel.name}.${side}, ${message.name}`;
        try {
          for (const [what, other] of problems(made[side], each, value)) {
            found.push({ where, value, what, other });
          }
        } catch (error) {
          found.push({ where, value, error });
        }
      }
    }
    expect(found).toEqual([]);
  });

  it("is a value of the message's type for the compiler", async () => {
    expect(await bench.compile()).toBe("");
  }, 120_000);

  it("covers as much as expected", () => {
    const all = [...documents.values()];
    const sum = (count: (each: DocumentCase) => number): number =>
      all.reduce((total, each) => total + count(each), 0);
    const counts = {
      documents: all.length,
      channels: sum(({ sdk }) => sdk.keys.length),
      operations: sum(({ operations }) => operations),
      messages: sum(({ messages }) => messages.length),
      examples: sum(({ messages }) => messages.reduce((n, { values }) => n + values.length, 0)),
    };
    console.log("round trip:", counts);
    expect(counts.documents).toBe(entries("valid").length);
    expect(counts.messages).toBeGreaterThan(800);
    for (const { messages } of all) {
      for (const { values, message } of messages) {
        expect(values.length, message.name).toBeGreaterThan(0);
      }
    }
  });
});
