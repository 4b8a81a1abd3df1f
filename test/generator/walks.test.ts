import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../generator/src/diagnostics.ts";
import { LoadedDocument } from "../../generator/src/document/loaded-document.ts";
import { buildSdk } from "../../generator/src/model/build-sdk.ts";
import { ValidatorCompiler } from "../../generator/src/model/validators.ts";

const DEPTH = 30;

function refer(i: number): object {
  return { $ref: `#/components/schemas/S${i}` };
}

/** Schemas that the next one can be reached from by several ways: 2 to the power of 30 in all. */
const schemas: Readonly<Record<string, (next: object, i: number) => object>> = {
  "one part": (next) => ({ allOf: [next] }),
  "the same part twice": (next) => ({ allOf: [next, next] }),
  "parts within parts": (next, i) => ({
    allOf: [next, { allOf: [next], properties: { [`p${i}`]: { type: "string" } } }],
  }),
  "two alternatives": (next) => ({ oneOf: [next, next] }),
  "a part with alternatives": (next) => ({ allOf: [next, { anyOf: [next, { type: "object" }] }] }),
  "two properties": (next) => ({ type: "object", properties: { a: next, b: next } }),
  "two items": (next) => ({ type: "array", items: [next, next] }),
};

describe("the model of schemas with exponentially many paths", () => {
  // Walked once for each way, any of them would take longer than the test may.
  it.each(Object.keys(schemas))("is built in one walk: %s", async (name) => {
    const all = Object.fromEntries(
      Array.from({ length: DEPTH }, (_, i) => [`S${i}`, schemas[name]!(refer(i + 1), i)]),
    );
    const text = JSON.stringify({
      asyncapi: "3.0.0",
      info: { title: "t", version: "1" },
      servers: { n: { host: "localhost", protocol: "nats" } },
      channels: {
        c: { address: "c", messages: { a: { payload: refer(0) }, b: { payload: refer(0) } } },
      },
      components: { schemas: { ...all, [`S${DEPTH}`]: { description: "the end" } } },
    });
    const diagnostics = new Diagnostics();
    const read = async (): Promise<string> => text;
    const document = await LoadedDocument.load({ main: "a.json", read }, diagnostics);
    const sdk = buildSdk(document!.root, {}, new ValidatorCompiler("both"));
    expect(sdk.channels).toHaveLength(1);
    expect(diagnostics.list().map(({ code }) => code)).toEqual(["indistinguishable-messages"]);
  });
});
