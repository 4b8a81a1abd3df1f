import { Parser } from "@asyncapi/parser";
import { describe, expect, it } from "vitest";
import { hasPlainReferences } from "../../generator/src/document/reference-places.ts";
import { generateText } from "./support/workbench.js";

const ref = (to: string) => ({ $ref: `#/${to}` });
const info = { title: "t", version: "1" };
const schema = { type: "object", properties: { a: ref("components/schemas/b") } };

/** A document of version 2 with a reference in each place. */
function version2(asyncapi: string): object {
  const all = {
    payload: schema,
    headers: schema,
    traits: [ref("components/messageTraits/t")],
    correlationId: ref("components/correlationIds/c"),
  };
  return {
    asyncapi,
    info,
    channels: {
      "a/{p}": {
        parameters: { p: ref("components/parameters/p") },
        subscribe: {
          message: ref("components/messages/m"),
          traits: [ref("components/operationTraits/o")],
        },
        publish: { message: { oneOf: [ref("components/messages/m"), all] } },
      },
      b: { subscribe: { message: { payload: ref("components/schemas/s") } } },
      c: ref("channels/b"),
    },
    components: {
      messages: { m: all, n: { payload: ref("components/schemas/s") } },
      schemas: {
        s: ref("components/schemas/b"),
        b: { allOf: [{ items: ref("components/schemas/s") }] },
      },
      messageTraits: { t: { name: "t" } },
      operationTraits: { o: { summary: "o" } },
      correlationIds: {
        c: { location: "$message.header#/c" },
        d: ref("components/correlationIds/c"),
      },
      parameters: { p: { description: "p" }, q: ref("components/parameters/p") },
    },
  };
}

/** A document of version 3 with a reference in each place. */
function version3(asyncapi: string): object {
  const all = {
    payload: schema,
    headers: schema,
    traits: [ref("components/messageTraits/t")],
    correlationId: ref("components/correlationIds/c"),
  };
  return {
    asyncapi,
    info,
    servers: { s: { host: "localhost", protocol: "nats" } },
    channels: {
      a: {
        address: "a.{p}",
        servers: [ref("servers/s")],
        parameters: { p: ref("components/parameters/p") },
        messages: { m: all, n: ref("components/messages/n") },
      },
      b: ref("components/channels/b"),
    },
    operations: {
      a: {
        action: "send",
        channel: ref("channels/a"),
        messages: [ref("channels/a/messages/m")],
        traits: [ref("components/operationTraits/o")],
        reply: { channel: ref("channels/a"), messages: [ref("channels/a/messages/n")] },
      },
      b: { action: "send", channel: ref("channels/a"), reply: ref("components/replies/r") },
    },
    components: {
      channels: { b: { address: "b", messages: {} }, c: ref("components/channels/b") },
      replies: { r: {} },
      messages: { n: { payload: ref("components/schemas/b") } },
      schemas: {
        s: ref("components/schemas/b"),
        b: { allOf: [{ items: ref("components/schemas/s") }] },
      },
      messageTraits: { t: { name: "t" } },
      operationTraits: { o: { summary: "o" } },
      correlationIds: {
        c: { location: "$message.header#/c" },
        d: ref("components/correlationIds/c"),
      },
      parameters: { p: { description: "p" }, q: ref("components/parameters/p") },
    },
  };
}

describe("references in known places", () => {
  it.each([version2("2.0.0"), version2("2.6.0"), version3("3.0.0"), version3("3.1.0")])(
    "are allowed by the parser: $asyncapi",
    async (document) => {
      const text = JSON.stringify(document);
      expect(hasPlainReferences(JSON.parse(text))).toBe(true);
      const said = await new Parser().validate(text);
      const about = said.filter(({ code }) => String(code).startsWith("asyncapi-document"));
      expect(about.map(({ message, path }) => `${path.join("/")}: ${message}`)).toEqual([]);
    },
  );

  it("do not cover references in other places, whatever was read before", async () => {
    const document = {
      asyncapi: "2.6.0",
      info: { ...info, contact: ref("x-contact") },
      channels: { a: { subscribe: { bindings: { nats: ref("x-contact") } } } },
      "x-contact": {},
    };
    expect(hasPlainReferences(document)).toBe(false);
    await generateText({ "a.json": JSON.stringify(version2("2.6.0")) });
    const { diagnostics } = await generateText({ "a.json": JSON.stringify(document) });
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toContain(
      "asyncapi-document-unresolved info.contact: Referencing in this place is not allowed",
    );
  });
});
