import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { type NatsCommand, NatsConnection, type Subscription } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { checkOf } from "./support/check.js";
import { generateText, Workbench } from "./support/workbench.js";

const names = ["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf", "toJSON"];

type Entries = readonly (readonly [name: string, text: string])[];

/** A map of MessagePack with short names and short texts, by the specification. */
function msgpackMap(entries: Entries): Uint8Array {
  const text = (value: string): readonly number[] => {
    const bytes = [...new TextEncoder().encode(value)];
    return [0xa0 | bytes.length, ...bytes];
  };
  return Uint8Array.of(0x80 | entries.length, ...entries.flat().flatMap(text));
}

/** The same in JSON. */
function jsonObject(entries: Entries): Uint8Array {
  const text = entries.map(([name, value]) => `"${name}":"${value}"`).join();
  return new TextEncoder().encode(`{${text}}`);
}

interface Sdk {
  publishM(nats: NatsCommand, message: unknown): Promise<void>;
  subscribeM(
    nats: NatsCommand,
    handler: (message: object) => void,
    options: { readonly onError: (error: Error) => void },
  ): Promise<Subscription>;
}

function documentOf(format: string, required: readonly string[]): string {
  const property = { type: "string", maxLength: 9 };
  const payload = {
    type: "object",
    additionalProperties: false,
    required,
    properties: Object.fromEntries(names.map((name) => [name, property])),
  };
  return JSON.stringify({
    asyncapi: "3.0.0",
    info: { title: "t", version: "1" },
    defaultContentType: `application/${format}`,
    servers: { n: { host: "localhost", protocol: "nats" } },
    channels: { m: { address: "m", messages: { m: { payload } } } },
    operations: { m: { action: "send", channel: { $ref: "#/channels/m" } } },
  });
}

describe.each([
  ["json", jsonObject],
  ["msgpack", msgpackMap],
] as const)("properties with names of inherited properties, in %s", (format, bytes) => {
  it.each([
    ["required", names],
    ["optional", []],
  ])("arrive unchanged, both ways (%s)", async (_how, required) => {
    await using bench = await Workbench.open();
    const text = documentOf(format, required);
    const { files } = await generateText({ "a.json": text }, { validate: "both" });
    await bench.writeAll("sdk", files);
    expect(await bench.compile()).toBe("");
    const sdk: Sdk = await import(join(bench.folder, "sdk/index.ts"));
    await using broker = await startBroker();
    await using ours = new NatsConnection({ servers: broker.url });
    const theirs = await connect({ servers: broker.url });
    const heard: Uint8Array[] = [];
    theirs.subscribe("m", { callback: (_error, { data }) => void heard.push(data) });
    await theirs.flush();
    const entries = names.map((name, i) => [name, `${i}`] as const);
    const wrong = [["__proto__", "much too long"]] as const;
    const received: unknown[] = [];
    let onError!: (error: Error) => void;
    const refused = new Promise<Error>((resolve) => {
      onError = resolve;
    });
    const handler = (message: object): void => void received.push(Object.entries(message));
    await sdk.subscribeM(ours, handler, { onError });
    theirs.publish("m", bytes(entries));
    await theirs.flush();
    await sdk.publishM(ours, Object.fromEntries(entries));
    await ours.ping();
    theirs.publish("m", bytes(wrong));
    expect((await refused).cause).toMatchObject(
      required.length > 0 ? { rule: "required" } : { rule: "maxLength", path: "/__proto__" },
    );
    expect(received).toEqual([entries, entries]);
    await theirs.flush();
    // A map's head has several forms; the names and values behind it have one.
    const [, sent] = heard;
    expect([...(sent ?? [])].slice(1 - bytes(entries).length)).toEqual(
      [...bytes(entries)].slice(1),
    );
    await theirs.close();
  });
});

it("a check sees a property named __proto__ anywhere in the schema", async () => {
  await using bench = await Workbench.open();
  const value = (text: string): unknown => JSON.parse(text);
  const check = await checkOf(bench, "a", {
    Root: {
      properties: {
        c: value('{"const":{"__proto__":1}}'),
        d: { enum: [value('{"__proto__":[]}'), '"__proto__":1'] },
      },
      patternProperties: value('{"__proto__":{"type":"integer"}}'),
    },
  });
  expect(check(value('{"c":{"__proto__":1},"d":{"__proto__":[]}}'))).toBe(true);
  expect(check({ d: '"__proto__":1' })).toBe(true);
  expect(check(value('{"c":{}}'))).toBe(false);
  expect(check(value('{"c":{"__proto__":2}}'))).toBe(false);
  expect(check(value('{"__proto__":1,"a__proto__":2}'))).toBe(true);
  expect(check(value('{"__proto__":"1"}'))).toBe(false);
  expect(check(value('{"a__proto__":"1"}'))).toBe(false);
});
