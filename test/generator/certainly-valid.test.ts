import { Parser } from "@asyncapi/parser";
import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../generator/src/diagnostics.ts";
import { isCertainlyValid } from "../../generator/src/document/certainly-valid.ts";
import { LoadedDocument } from "../../generator/src/document/loaded-document.ts";
import { mutated } from "./support/mutations.js";

/** One of each part that the check reads. */
const document = {
  asyncapi: "3.0.0",
  info: { title: "t", version: "1" },
  servers: { main: { host: "h", protocol: "nats" } },
  channels: {
    moved: {
      address: "game.{id}.moved",
      servers: [{ $ref: "#/servers/main" }],
      parameters: { id: { $ref: "#/components/parameters/Id" } },
      messages: {
        moved: { $ref: "#/components/messages/Moved" },
        left: { headers: { $ref: "#/components/schemas/Headers" }, payload: { type: "object" } },
      },
    },
  },
  operations: {
    move: {
      action: "send",
      channel: { $ref: "#/channels/moved" },
      messages: [{ $ref: "#/channels/moved/messages/moved" }],
    },
  },
  components: {
    parameters: { Id: { description: "The id" } },
    messages: {
      Moved: { payload: { $ref: "#/components/schemas/Moved" }, tags: [{ name: "a" }] },
    },
    schemas: {
      Headers: { type: "object" },
      Moved: { properties: { next: { $ref: "#/components/schemas/Moved" } }, required: ["next"] },
    },
  },
};

/** @param content The document, or its text in YAML. */
async function isCertain(content: unknown): Promise<boolean> {
  const diagnostics = new Diagnostics();
  const read = async (): Promise<string> =>
    typeof content === "string" ? content : JSON.stringify(content);
  const loaded = await LoadedDocument.load({ main: "a.json", read }, diagnostics);
  return loaded !== undefined && !diagnostics.failed && isCertainlyValid(loaded);
}

describe("the check without the parser", () => {
  it("accepts the usual document", async () => {
    expect(await isCertain(document)).toBe(true);
  });

  it("accepts nothing that the parser refuses", async () => {
    const missed: unknown[] = [];
    let certain = 0;
    for (let seed = 1; seed < 300 && certain < 3; seed++) {
      const content = mutated(document, seed);
      if (!(await isCertain(content))) continue;
      certain++;
      const results = await new Parser().validate(JSON.stringify(content));
      missed.push(...results.filter(({ severity }) => severity === 0));
    }
    expect(missed).toEqual([]);
    expect(certain).toBe(3);
  });

  it("refuses what the parser refuses only by its own rules", async () => {
    const { channels, operations, components } = document;
    const { moved } = channels;
    const { move } = operations;
    const refused = [
      { ...document, channels: { "a?b": moved } },
      { ...document, channels: { moved: { ...moved, address: "game.{id}.{other}" } } },
      { ...document, channels: { moved: { ...moved, address: "game.moved" } } },
      { ...document, operations: { move: { ...move, channel: moved } } },
      {
        ...document,
        operations: { move: { ...move, messages: [{ $ref: "#/components/messages/Moved" }] } },
      },
      { ...document, components: { ...components, messages: { Moved: { payload: 1 } } } },
    ];
    expect(await Promise.all(refused.map(isCertain))).toEqual(refused.map(() => false));
  });

  it("looks at data once, however many aliases lead there", async () => {
    const aliases = Array.from(
      { length: 40 },
      (_, i) => `  a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`,
    );
    const parts = Object.entries(document).map(([key, part]) => `${key}: ${JSON.stringify(part)}`);
    const text = [...parts, "x-a:", "  a0: &a0 [1]", ...aliases].join("\n");
    expect(await isCertain(text)).toBe(true);
  }, 20_000);

  it("leaves a document to the parser whose headers refer to headers a million times", async () => {
    const schemas = Object.fromEntries(
      [0, 1, 2, 3].map((i) => {
        const next = { headers: { $ref: `#/components/schemas/S${i + 1}` } };
        const names = Array.from({ length: 300 }, (_, j) => [`p${j}`, next]);
        return [`S${i}`, i < 3 ? { properties: Object.fromEntries(names) } : { type: "object" }];
      }),
    );
    const components = {
      ...document.components,
      schemas: { ...schemas, Headers: schemas.S0, Moved: {} },
    };
    expect(await isCertain({ ...document, components })).toBe(false);
  }, 20_000);

  it("knows all of the parser's rules for errors of AsyncAPI 3", async () => {
    const { spectral } = new Parser() as unknown as {
      readonly spectral: {
        readonly ruleset: {
          readonly rules: Readonly<
            Record<string, { readonly severity: number; readonly enabled: boolean }>
          >;
        };
      };
    };
    const names = Object.entries(spectral.ruleset.rules)
      .filter(([name, rule]) => rule.severity === 0 && rule.enabled && !/^asyncapi2-/.test(name))
      .map(([name]) => name);
    expect(names.sort()).toEqual([
      "asyncapi-document-resolved",
      "asyncapi-document-unresolved",
      "asyncapi-is-asyncapi",
      "asyncapi3-channel-no-query-nor-fragment",
      "asyncapi3-channel-parameters",
      "asyncapi3-channel-servers",
      "asyncapi3-operation-messages-from-referred-channel",
      "asyncapi3-required-channel-servers-unambiguity",
      "asyncapi3-required-operation-channel-unambiguity",
    ]);
  });
});
