import { join } from "node:path";
import type { NatsSerializer } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BytesWriter } from "../sdk/bytes-writer.js";
import { lacks } from "../support/requirements.js";
import { corpus, corpusSdks, entries } from "./support/corpus.js";
import { documentCase } from "./support/corpus-messages.js";
import { readWire, wrapped, writeWire } from "./support/wire.js";
import { generateFrom, Workbench } from "./support/workbench.js";

/** Every text that is a date-time, as `Date` of the platform writes it. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, each) =>
    typeof each === "string" && /^\d{4}-\d\d-\d\d[Tt].*(?:[Zz]|[+-]\d\d:\d\d)$/.test(each)
      ? new Date(each).toISOString()
      : each,
  );
}

function countDates(value: unknown): number {
  if (value instanceof Date) return 1;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + countDates(each), 0);
}

describe.skipIf(lacks("corpus"))("SDKs of the corpus with dates", () => {
  let bench: Workbench;
  let ids: readonly string[];

  beforeAll(async () => {
    bench = await Workbench.open();
    const sdks = await corpusSdks();
    const withDates = entries("valid").filter(({ id }) =>
      sdks.get(id)?.files.some(({ path, text }) => path === "types.ts" && /`date-time`/.test(text)),
    );
    ids = withDates.map(({ id }) => id);
    for (const { id, root, main } of withDates) {
      const { files } = await generateFrom(join(corpus, root), main, { dates: "date" });
      await bench.writeAll(id, files);
    }
  }, 120_000);

  afterAll(() => bench[Symbol.asyncDispose]());

  it("compile", async () => {
    expect(ids.length).toBeGreaterThan(10);
    expect(await bench.compile()).toBe("");
  }, 120_000);

  it("read the same moments from messages, and write them again", async () => {
    let dates = 0;
    for (const entry of entries("valid").filter(({ id }) => ids.includes(id))) {
      const { messages } = await documentCase(entry);
      const sdk = await import(join(bench.folder, entry.id, "channels.ts"));
      for (const each of messages) {
        const { channel, side, message } = each;
        if (message.codec !== "json" && message.codec !== "msgpack") continue;
        const made = sdk[channel.name];
        const codec: NatsSerializer = made[side];
        for (const value of each.values) {
          const where = `${entry.id} ${channel.name}.${side} ${message.name}`;
          const bytes = writeWire(each, value);
          const headers = codec.headers?.(wrapped(each, value));
          const read = codec.deserialize(bytes, 0, bytes.length, headers as never);
          const payload = each.named ? (read as { readonly message: unknown }).message : read;
          dates += countDates(payload);
          expect(normal(payload), where).toEqual(normal(value));
          const writer = new BytesWriter();
          codec.serialize(read, writer);
          expect(normal(readWire(each, writer.written)), where).toEqual(normal(value));
        }
      }
    }
    console.log("dates of the corpus:", dates);
    expect(dates).toBeGreaterThan(100);
  }, 60_000);
});
