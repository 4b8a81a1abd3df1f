import { describe, expect, it } from "vitest";
import type { GenerateOptions } from "../../generator/src/index.ts";
import { formatted, generateGood, generateText } from "./support/workbench.js";

/** A document of one channel. */
function documentOf(
  channel: object,
  servers: object = { n: { host: "h", protocol: "nats" } },
): string {
  const document = {
    asyncapi: "3.0.0",
    info: { title: "t", version: "1" },
    servers,
    channels: { c: { address: "c", messages: { m: { payload: {} } }, ...channel } },
  };
  return JSON.stringify(document);
}

async function said(text: string): Promise<readonly string[]> {
  const { diagnostics } = await generateText({ "a.json": text });
  return diagnostics.map((each) => formatted(each).replace(/^\S+ /, ""));
}

describe("a diagnostic", () => {
  it("reports an invalid queue group", async () => {
    const queue = (name: string): object => ({ bindings: { nats: { queue: name } } });
    for (const name of ["my queue", "*", ">", "workers.*"])
      expect(await said(documentOf(queue(name))), name).toEqual(["error unfit-queue"]);
    expect(await said(documentOf(queue("workers.a*")))).toEqual([]);
    expect(await said(documentOf(queue("my-queue")))).toEqual([]);
  });

  it("reports an invalid address, as an error if the channel claims NATS", async () => {
    const bad = { address: "a b" };
    expect(await said(documentOf(bad))).toEqual(["error unfit-address"]);
    expect(await said(documentOf({ ...bad, bindings: { nats: {} } }, {}))).toEqual([
      "warning no-nats-server",
      "error unfit-address",
    ]);
    expect(await said(documentOf(bad, {}))).toEqual([
      "warning no-nats-server",
      "warning no-functions",
      "warning unfit-address",
    ]);
    expect(await said(documentOf(bad, { k: { host: "h", protocol: "kafka" } }))).toEqual([
      "warning no-nats-server",
      "warning no-functions",
      "warning unfit-address",
    ]);
  });

  it("reports channels that are only on other servers, and leaves them out", async () => {
    const servers = {
      bus: { host: "h", protocol: "nats" },
      web: { host: "h", protocol: "ws" },
      queue: { host: "h", protocol: "kafka" },
    };
    const on = (...names: readonly string[]): object => ({
      servers: names.map((name) => ({ $ref: `#/servers/${name}` })),
    });
    expect(await said(documentOf(on("bus", "web"), servers))).toEqual([]);
    expect(await said(documentOf(on("web", "queue"), servers))).toEqual([
      "warning no-functions",
      "warning other-servers",
    ]);
    expect(await said(documentOf(on("web"), { web: servers.web }))).toEqual([
      "warning no-nats-server",
    ]);
  });

  it("takes a server with the protocol tls for NATS", async () => {
    const servers = { bus: { host: "h", protocol: "tls" } };
    expect(await said(documentOf({}, servers))).toEqual([]);
    const { "servers.ts": text } = await generateGood({ "a.json": documentOf({}, servers) });
    expect(text).toContain('"tls://h"');
  });

  it.each([
    [["bus"], ["bus", "web"]],
    [
      ["bus", "web"],
      ["bus", "web"],
    ],
    [["web"], ["bus"]],
    [[], ["bus", "web"]],
  ])("of a channel on %j, the servers for programs are %j", async (listed, expected) => {
    const servers = {
      bus: { host: "a", protocol: "nats" },
      web: { host: "b", pathname: "/nats", protocol: "ws" },
    };
    const channel = { servers: listed.map((name) => ({ $ref: `#/servers/${name}` })) };
    const text = documentOf(channel, servers);
    const { "servers.ts": code = "" } = await generateGood({ "a.json": text });
    expect([...code.matchAll(/function (\w+)/g)].map(([, name]) => name)).toEqual(expected);
    if (expected.includes("web")) expect(code).toContain('"ws://b/nats"');
  });

  it("reports an SDK without functions, with the reason", async () => {
    const reasonOf = async (text: string, options?: GenerateOptions): Promise<string> => {
      const { diagnostics } = await generateText({ "a.json": text }, options);
      return diagnostics.map(({ message }) => message).join("\n");
    };
    const empty = JSON.stringify({ ...JSON.parse(documentOf({})), channels: {} });
    expect(await reasonOf(empty)).toBe("The SDK has no functions: the document has no channels.");
    const received = JSON.stringify({
      ...JSON.parse(documentOf({ address: "a.*" })),
      operations: { o: { action: "send", channel: { $ref: "#/channels/c" } } },
    });
    expect(await reasonOf(received, { role: "application" })).toContain(
      "The SDK has no functions: no operation is one that the role `application` can perform.",
    );
  });

  it.each(["/c/", "c/", "/c"])("removes the outer slashes of an address: %s", async (address) => {
    const { "keys.ts": keys } = await generateGood({ "a.json": documentOf({ address }) });
    expect(keys).toContain('"c"');
  });

  it.each(["a.{x", "a.}x{", "a.{}", "{a}{b}"])(
    "reports braces of an address that are not parameters: %s",
    async (address) => {
      expect(await said(documentOf({ address }))).toEqual(["error unfit-address"]);
    },
  );

  it("reports a number that JavaScript would change, and its type is number", async () => {
    const properties =
      '{"a":{"const":12345678901234567890},"b":{"enum":[1e400,1]},"c":{"const":3}}';
    const text = documentOf({ messages: { m: { payload: { properties: "HERE" } } } });
    const document = text.replace('"HERE"', properties);
    expect(await said(document)).toEqual(["warning inexact-number", "warning inexact-number"]);
    const { "types.ts": types } = await generateGood({ "a.json": document });
    expect(types).toContain("a?: number | undefined;");
    expect(types).toContain("b?: number | undefined;");
    expect(types).toContain("c?: 3 | undefined;");
  });
});

describe("an operation with the name of another one", () => {
  const message = (name: string) => ({ $ref: `#/channels/c/messages/${name}` });

  async function functionsOf(...taken: readonly string[]): Promise<readonly string[]> {
    const channel = { $ref: "#/channels/c" };
    const text = JSON.stringify({
      ...JSON.parse(documentOf({ messages: { a: {}, b: {}, d: {} } })),
      operations: {
        sendC: { action: "send", channel, messages: [message("a")] },
        receiveC: { action: "receive", channel, messages: taken.map(message) },
      },
    });
    const { "operations.ts": operations = "" } = await generateGood({ "a.json": text });
    return [...operations.matchAll(/(?:function|const) (publish\w+)/g)].map(
      ([, name = ""]) => name,
    );
  }

  it("is named after its message, if it has one, and never after the first of several", async () => {
    expect(await functionsOf("b")).toEqual(["publishC", "publishCB"]);
    expect(await functionsOf("b", "d")).toEqual(["publishC", "publishCToApplication"]);
  });
});

describe("an error of AsyncAPI's own schema", () => {
  it("is reported at its position, without the names of schema parts", async () => {
    const payload = { properties: { a: { type: "string", minLength: "three" } } };
    const text = documentOf({ messages: { m: { payload } } });
    const { diagnostics } = await generateText({ "a.json": text });
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'channels.c.messages.m.payload.properties.a.minLength: "minLength" property type must be integer',
    ]);
  });
});

describe("a description", () => {
  it("never becomes a TSDoc tag, wherever its lines break", async () => {
    const description = `${"word ".repeat(16)}@deprecated ${"word ".repeat(14)}@param`;
    const payload = { type: "object", description, properties: { a: { description } } };
    const { "types.ts": types = "" } = await generateGood({
      "a.json": documentOf({ messages: { m: { payload } } }),
    });
    expect(types).toContain("@deprecated");
    expect(types).not.toMatch(/^\s*\* @/m);
  });
});
