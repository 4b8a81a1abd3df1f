import { describe, expect, it } from "vitest";
import { generateText } from "./support/workbench.js";

/** All that change the direction of the text around them. @see Unicode, UAX #9, table 1 */
const CONTROLS = [
  ..."\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
] as const;

/** A document with a text at each place of which something gets into an SDK. */
function documentOf(text: string): object {
  const of = (name: string): string => `${name}${text}x`;
  const schema = {
    title: of("Title"),
    description: of("A schema"),
    type: "object",
    required: [of("key")],
    properties: {
      [of("key")]: { type: "string", description: of("A key"), pattern: `^${of("p")}+$` },
      kind: { enum: [of("one"), of("two")], default: of("one"), examples: [of("one")] },
      fixed: { const: of("fixed") },
      list: { type: "array", items: { type: "string", format: of("format") } },
      when: { type: "string", deprecated: true },
    },
    patternProperties: { [`^${of("q")}`]: { type: "string" } },
    examples: [{ [of("key")]: of("value") }],
  };
  return {
    asyncapi: "3.0.0",
    info: {
      title: of("Title"),
      version: "1.0.0",
      description: of("Description"),
      license: { name: of("License") },
      contact: { name: of("Contact") },
      tags: [{ name: of("tag") }],
    },
    servers: {
      [of("server")]: { host: "localhost", protocol: "nats", description: of("A server") },
    },
    channels: {
      [of("channel")]: {
        address: `a${text}.{p${text}}`,
        title: of("Channel"),
        description: of("A channel"),
        parameters: { [`p${text}`]: { description: of("A parameter"), enum: [of("v"), of("w")] } },
        messages: {
          [of("message")]: {
            name: of("Message"),
            title: of("Message"),
            summary: of("A message"),
            payload: schema,
            headers: { type: "object", properties: { [of("h")]: { type: "string" } } },
            examples: [{ name: of("example"), payload: { [of("key")]: of("value") } }],
          },
        },
      },
    },
    operations: {
      [of("operation")]: {
        action: "send",
        summary: of("An operation"),
        description: of("Something"),
        channel: { $ref: `#/channels/${of("channel")}` },
      },
    },
    "x-alternats-streams": {
      S: { subjects: [`a${text}.*`], description: of("A stream") },
    },
  };
}

describe("characters that change the direction of text", () => {
  it.each([
    ["TypeScript", { validate: "both" }],
    ["a package", { validate: "both", target: "js" }],
  ] as const)("are in no file of an SDK in the form of %s", async (_, options) => {
    const document = JSON.stringify(documentOf(CONTROLS.join("")));
    const { files } = await generateText({ "a.json": document }, options);
    expect(files.length).toBeGreaterThan(8);
    const found = files.flatMap(({ path, text }) =>
      text
        .split("\n")
        .filter((line) => CONTROLS.some((control) => line.includes(control)))
        .map((line) => `${path}: ${JSON.stringify(line)}`),
    );
    expect(found).toEqual([]);
  });
});
