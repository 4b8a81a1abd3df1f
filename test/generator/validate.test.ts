import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { DeserializeError, type NatsCommand, NatsConnection, type Subscription } from "alternats";
import { type Check, InvalidMessageError } from "alternats/sdk/validate";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { checkOf } from "./support/check.js";
import { generateText, project, Workbench } from "./support/workbench.js";

const document = `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  moved:
    address: "camp.{camp}.moved"
    parameters: { camp: {} }
    messages: { moved: { payload: { $ref: "#/components/schemas/Moved" } } }
  ask:
    address: ask
    messages:
      ask: { payload: { type: object, required: [n], properties: { n: { type: integer, minimum: 1 } } } }
      answer: { payload: { type: string, maxLength: 3 } }
operations:
  moved: { action: send, channel: { $ref: "#/channels/moved" } }
  ask:
    action: receive
    channel: { $ref: "#/channels/ask" }
    messages: [{ $ref: "#/channels/ask/messages/ask" }]
    reply: { channel: { $ref: "#/channels/ask" }, messages: [{ $ref: "#/channels/ask/messages/answer" }] }
components:
  schemas:
    Moved:
      type: object
      required: [robot]
      properties:
        robot: { type: string, pattern: "^[\\\\w-.]+$" }
        at: { type: string, format: date-time }
        path: { type: array, uniqueItems: true, items: { type: array, prefixItems: [{ type: integer }, { type: integer }] } }
        next: { $ref: "#/components/schemas/Moved" }
`;

interface Sdk {
  publishMoved(nats: NatsCommand, params: object, message: unknown): Promise<void>;
  subscribeMoved(
    nats: NatsCommand,
    params: object,
    handler: (message: unknown) => void,
    options: { readonly onError: (error: Error) => void },
  ): Promise<Subscription>;
  requestAsk(nats: NatsCommand, message: unknown): Promise<string>;
  respondAsk(
    nats: NatsCommand,
    handler: () => unknown,
    options: { readonly onError: (error: Error) => void },
  ): Promise<Subscription>;
}

async function sdkIn(bench: Workbench, validate: "receive" | "send" | "both"): Promise<Sdk> {
  const { files, diagnostics } = await generateText({ "asyncapi.yaml": document }, { validate });
  expect(diagnostics).toEqual([]);
  await bench.writeAll(validate, files);
  return import(join(bench.folder, validate, "index.ts"));
}

/** A promise that is resolved from outside. */
function settled(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function refer(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}

describe("a validator of alternatives", () => {
  it("accepts each of several values that a mapping gives to one schema, and no other", async () => {
    const fixture = "test/fixtures/generator/discriminator-mapping/sdk/validators.js";
    const { checkRoot }: { readonly checkRoot: Check } = await import(join(project, fixture));
    const all = ["approval", "entity", "payable", "Common", ""].map((object_type) => [
      checkRoot({ object_type, n: 1 }),
      checkRoot({ object_type, p: "1" }),
    ]);
    // Listed by hand from the mapping: validators of JSON Schema do not read it.
    expect(all).toEqual([
      [true, false],
      [true, false],
      [false, true],
      [false, false],
      [false, false],
    ]);
  });

  it("distinguishes alternatives that share the list of their values", async () => {
    await using bench = await Workbench.open();
    const base = { type: "object", required: ["type"], properties: { type: refer("Kind") } };
    const check = await checkOf(bench, "shared", {
      Root: { oneOf: [refer("plain"), refer("link")], discriminator: "type" },
      Kind: { type: "string", enum: ["plain", "link"] },
      plain: base,
      link: { allOf: [base, { required: ["url"], properties: { url: { type: "string" } } }] },
    });
    const results = [{ type: "plain" }, { type: "link", url: "x" }, { type: "link" }].map((each) =>
      check(each),
    );
    expect(results).toEqual([true, true, false]);
  });
});

describe("an SDK that validates", () => {
  it("delivers valid messages, and reports path and rule of invalid ones to the error handler", async () => {
    await using bench = await Workbench.open();
    const sdk = await sdkIn(bench, "receive");
    await using broker = await startBroker();
    await using ours = new NatsConnection({ servers: broker.url });
    const theirs = await connect({ servers: broker.url });
    const seen: unknown[] = [];
    const last = settled();
    await sdk.subscribeMoved(
      ours,
      {},
      (message) => {
        seen.push(message);
        if ((message as { readonly robot: string }).robot === "last") last.resolve();
      },
      { onError: (error) => seen.push(error) },
    );
    theirs.publish("camp.1.moved", '{"robot":"r.2-a","more":1,"path":[[1,2],[2,1]]}');
    theirs.publish("camp.1.moved", '{"robot":"r2","next":{"robot":"r3","at":"yesterday"}}');
    theirs.publish("camp.1.moved", '{"robot":"r2","path":[[1,2],[1,2]]}');
    theirs.publish("camp.1.moved", "{}");
    theirs.publish("camp.1.moved", '{"robot":"last"}');
    await last.promise;
    await theirs.close();
    const [first, ...rest] = seen;
    expect(first).toEqual({
      robot: "r.2-a",
      more: 1,
      path: [
        [1, 2],
        [2, 1],
      ],
    });
    expect(rest.pop()).toEqual({ robot: "last" });
    expect(rest.every((error) => error instanceof DeserializeError)).toBe(true);
    expect(rest.map((error) => (error as Error).cause)).toMatchObject([
      { code: "INVALID_MESSAGE", path: "/next/at", rule: "format" },
      { code: "INVALID_MESSAGE", path: "/path", rule: "uniqueItems" },
      { code: "INVALID_MESSAGE", path: "", rule: "required" },
    ]);
    expect((rest[0] as Error).message).toContain(
      'camp.1.moved" could not be read: /next/at must match format',
    );
  });

  it("throws for an invalid message to send, and writes nothing", async () => {
    await using bench = await Workbench.open();
    const sdk = await sdkIn(bench, "send");
    await using broker = await startBroker();
    await using ours = new NatsConnection({ servers: broker.url });
    const theirs = await connect({ servers: broker.url });
    const heard: string[] = [];
    theirs.subscribe("camp.>", {
      callback: (_error, message) => void heard.push(message.string()),
    });
    await theirs.flush();
    const sent = sdk.publishMoved(ours, { camp: "1" }, { robot: "not a robot" });
    await expect(sent).rejects.toBeInstanceOf(InvalidMessageError);
    await expect(sent).rejects.toMatchObject({ path: "/robot", rule: "pattern" });
    await sdk.publishMoved(ours, { camp: "1" }, { robot: "r2", next: undefined });
    await ours.ping();
    await theirs.flush();
    expect(heard).toEqual(['{"robot":"r2"}']);
    await theirs.close();
  });

  it("validates requests and their answers", async () => {
    await using bench = await Workbench.open();
    const sdk = await sdkIn(bench, "both");
    await using broker = await startBroker();
    await using ours = new NatsConnection({ servers: broker.url });
    const theirs = await connect({ servers: broker.url });
    const errors: Error[] = [];
    const answers = ["yes", "much too long"];
    await sdk.respondAsk(ours, () => answers.shift(), { onError: (error) => errors.push(error) });
    expect(await sdk.requestAsk(ours, { n: 1 })).toBe("yes");
    await expect(sdk.requestAsk(ours, { n: 0 })).rejects.toHaveProperty("rule", "minimum");
    expect(errors).toEqual([]);
    await expect(sdk.requestAsk(ours, { n: 1 })).rejects.toHaveProperty("code", "SERVICE");
    const refused = await theirs.request("ask", '{"n":0}');
    expect(refused.headers?.get("Nats-Service-Error-Code")).toMatch(/^[45]\d\d$/);
    expect(errors.map((error) => error.cause ?? error)).toMatchObject([
      { rule: "maxLength" },
      { path: "/n" },
    ]);
    await theirs.close();
  });

  it("compiles, and imports nothing of ajv", async () => {
    await using bench = await Workbench.open();
    const { files } = await generateText({ "asyncapi.yaml": document }, { validate: "both" });
    await bench.writeAll("sdk", files);
    expect(await bench.compile()).toBe("");
    const code = files.find(({ path }) => path === "validators.js")?.text ?? "";
    expect(code).not.toMatch(/require\(|ajv\//);
    expect(code).toMatch(
      /^import \{ bounded, formats, regExp, ucs2length, unique \} from "alternats\/sdk\/validate";$/m,
    );
  });
});

describe("a check", () => {
  it("accepts null in every notation", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "null", {
      Root: {
        properties: {
          a: { type: "string", nullable: true },
          b: { type: ["string", "null"] },
          c: { oneOf: [{ type: "string" }, { type: "null" }] },
          d: { type: "string" },
        },
      },
    });
    expect(check({ a: null, b: null, c: null, d: "" })).toBe(true);
    expect(check({ a: 1 })).toBe(false);
    expect(check({ d: null })).toBe(false);
  });

  it("ends for schemas that refer to each other", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "circles", {
      Root: {
        type: "object",
        required: ["kind"],
        properties: { kind: { type: "string" } },
        discriminator: "kind",
        oneOf: [refer("Cat"), refer("Dog")],
      },
      Cat: { allOf: [refer("Root"), { properties: { lives: { type: "integer" } } }] },
      Dog: { allOf: [refer("Root"), { properties: { lives: { type: "string" } } }] },
    });
    expect(check({ kind: "Cat", lives: 9 })).toBe(true);
    expect(check({ kind: "Dog", lives: 9 })).toBe(false);
    expect(check({ kind: "Dog", lives: "one" })).toBe(true);
    expect(check({ lives: "one" })).toBe(false);
    const loop = await checkOf(bench, "loop", {
      Root: { anyOf: [refer("Other"), { type: "string" }] },
      Other: { anyOf: [refer("Root"), { type: "number" }] },
    });
    expect([loop(""), loop(1)]).toEqual([true, true]);
  });

  it("reports the error of the intended alternative, not of the first", async () => {
    await using bench = await Workbench.open();
    const kind = (value: string) => ({ type: "string", const: value });
    const shapes = {
      Circle: {
        type: "object",
        required: ["kind", "radius"],
        properties: { kind: kind("circle"), radius: { type: "number", exclusiveMinimum: 0 } },
      },
      Group: {
        type: "object",
        required: ["kind", "items"],
        properties: { kind: kind("group"), items: { type: "array", items: refer("Root") } },
      },
    };
    const pets = {
      Cat: { type: "object", required: ["kind"], properties: { lives: { type: "integer" } } },
      Dog: { type: "object", required: ["kind"], properties: { lives: { type: "string" } } },
    };
    const byConst = await checkOf(bench, "const", {
      Root: { oneOf: [refer("Circle"), refer("Group")] },
      ...shapes,
    });
    const byName = await checkOf(bench, "name", {
      Root: { discriminator: "kind", anyOf: [refer("Cat"), refer("Dog")] },
      ...pets,
    });
    const first = (check: Check, value: unknown): string | undefined => {
      if (check(value)) return undefined;
      const { instancePath, keyword } = check.errors![0]!;
      return `${instancePath} ${keyword}`;
    };
    const circle = { kind: "circle", radius: 1 };
    expect(first(byConst, { kind: "group", items: [circle, circle] })).toBeUndefined();
    expect(first(byConst, { kind: "group", items: [circle, { ...circle, radius: 0 }] })).toBe(
      "/items/1/radius exclusiveMinimum",
    );
    expect(first(byConst, { kind: "group" })).toBe(" required");
    expect(first(byConst, { kind: "square" })).toBe("/kind enum");
    expect(first(byConst, [])).toBe(" type");
    expect(first(byName, { kind: "Dog", lives: "nine" })).toBeUndefined();
    expect(first(byName, { kind: "Dog", lives: 9 })).toBe("/lives type");
    expect(first(byName, { lives: 9 })).toBe(" required");
  });

  it("sees only own properties of the message, with any names", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "names", {
      Root: {
        type: "object",
        required: ["constructor"],
        properties: { constructor: { type: "string" }, 'a"b*/`${c}': { const: "*/\u2028" } },
      },
    });
    expect(check({})).toBe(false);
    expect(check({ constructor: "", 'a"b*/`${c}': "*/\u2028" })).toBe(true);
    expect(check({ constructor: "", 'a"b*/`${c}': "" })).toBe(false);
  });

  it("can have a name in letters of any script", async () => {
    await using bench = await Workbench.open();
    const text = await readFile(
      join(project, "test/fixtures/generator/names/asyncapi.yaml"),
      "utf8",
    );
    const { files } = await generateText({ "asyncapi.yaml": text }, { validate: "both" });
    await bench.writeAll("scripts", files);
    expect(await bench.compile()).toBe("");
    const module: { readonly checkType東京: (value: unknown) => boolean } = await import(
      join(bench.folder, "scripts/validators.js")
    );
    expect(module.checkType東京({ 駅: "新宿" })).toBe(true);
    expect(module.checkType東京({ 駅: 1 })).toBe(false);
  });

  it("accepts tuples, exclusive bounds and dependencies in old and new notation", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "spellings", {
      Root: {
        type: "object",
        properties: {
          old: { type: "array", items: [{ type: "integer" }], additionalItems: false },
          new: { type: "array", prefixItems: [{ type: "integer" }], items: { type: "string" } },
          more: { type: "number", exclusiveMinimum: 1 },
        },
        dependentRequired: { old: ["new"] },
      },
    });
    expect(check({ old: [1], new: [1, "a"], more: 1.5 })).toBe(true);
    expect(check({ old: [1, 2], new: [] })).toBe(false);
    expect(check({ new: [1, 2] })).toBe(false);
    expect(check({ more: 1 })).toBe(false);
    expect(check({ old: [1] })).toBe(false);
  });
});
