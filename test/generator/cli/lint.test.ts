import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lint } from "../../../generator/src/lint/lint.ts";
import { rules } from "../../../generator/src/lint/rules.ts";
import { lacks } from "../../support/requirements.js";
import { corpus } from "../support/corpus-index.js";
import { Workbench } from "../support/workbench.js";
import { runHere, runIn } from "./support.js";

/** Every line that a rule finds something in says which. */
const flawed = `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  any:
    address: game.{what}
    parameters: { what: {} }
    messages: { Any: { payload: { type: string } } }
  started: # overlapping-subjects
    address: game.started
    messages: { Started: { payload: { type: object } } }
  wild: # wildcard-address
    address: other.*
    messages: { Wild: { payload: { type: string } } }
  partial: # partial-token
    address: rooms.room-{id}
    parameters: { id: {} }
    messages: { Partial: { payload: { type: string } } }
  system: # reserved-subject
    address: $SYS.mine
    messages: { System: { payload: { type: string } } }
  undeclared: # undeclared-parameter
    address: players.{id}
    messages: { Undeclared: { payload: { type: string } } }
  alike:
    address: alike
    messages:
      A: # indistinguishable-messages
        payload: { $ref: '#/components/schemas/Same' }
      B: { payload: { $ref: '#/components/schemas/Same' } }
  union:
    address: union
    messages:
      Union:
        payload:
          oneOf: # indistinguishable-alternatives
            - { type: object, required: [a], properties: { a: { type: string }, b: { type: string } } }
            - { type: object, required: [a], properties: { a: { type: string } } }
  fine:
    address: fine
    messages:
      Fine:
        payload:
          oneOf:
            - { type: object, required: [a], properties: { a: { type: string } } }
            - { type: object, required: [b], properties: { b: { type: string } } }
            - { type: string }
  required:
    address: required
    messages:
      Required:
        payload: # undeclared-required
          { type: object, required: [Reason], properties: { reason: { type: string } } }
  nothing: # missing-message
    address: nothing
  odd:
    address: odd
    messages:
      Odd: # unknown-content-type
        contentType: application/x-odd
        payload: { type: string }
components:
  schemas:
    Same: { type: object, properties: { a: { type: string } } }
`;

const version2 = `asyncapi: 2.6.0
info: { title: T, version: "1" }
servers: { n: { url: localhost, protocol: nats } }
channels:
  moved:
    publish: # unnamed-operation
      message: # anonymous-message
        payload: { type: string }
`;

const places = (text: string): readonly string[] =>
  text.split("\n").flatMap((line, i) => {
    const rule = / # ([a-z-]+)$/.exec(line)?.[1];
    return rule === undefined ? [] : [`${i + 1} ${rule}`];
  });

const found = async (text: string, options?: Parameters<typeof lint>[1]) => {
  const all = await lint({ main: "asyncapi.yaml", read: async () => text }, options);
  return all.map(({ line, code }) => `${line} ${code}`);
};

describe("a rule", () => {
  it.each([
    ["3", flawed],
    ["2", version2],
  ])("reports the finding and its position in a document of version %s", async (_version, text) => {
    expect(places(text).length).toBeGreaterThan(1);
    expect(await found(text)).toEqual(places(text));
  });

  it("that is off reports nothing, and an error is not a rule", async () => {
    const all = places(flawed).map((each) => each.split(" ")[1]!);
    expect(await found(flawed, { off: all })).toEqual([]);
    expect(await found("asyncapi: 1.0.0", { off: ["unsupported-version"] })).toEqual([
      "1 unsupported-version",
    ]);
  });

  it("is listed when it is found", async () => {
    const codes = [...places(flawed), ...places(version2)].map((each) => each.split(" ")[1]!);
    for (const code of codes) expect(Object.keys(rules)).toContain(code);
  });
});

describe.skipIf(lacks("corpus"))("GamingAPI's preset", () => {
  it("finds the known violations in GamingAPI's own document, and no others", async () => {
    const document = join(corpus, "valid/gamingapi__rust-src/rust.asyncapi.json");
    const { code, out } = await runHere(corpus, [
      "lint",
      document,
      "--preset",
      "gamingapi",
      "--json",
    ]);
    expect(code).toBe(1);
    const { diagnostics } = JSON.parse(out) as {
      diagnostics: { file: string; code: string; message: string }[];
    };
    const said = (rule: string) => diagnostics.filter(({ code }) => code === rule);
    expect(said("undeclared-required")[0]?.message).toContain("`Reason` is required");
    expect(said("object-payload")[0]?.file).toContain("ServerWiped.json");
    expect(said("snake-case").map(({ message }) => message.split(" ")[0])).toEqual([
      "`isKill`",
      "`reportedType`",
    ]);
    expect(said("info-contact")).toHaveLength(1);
    const others = new Set(diagnostics.map(({ code }) => code));
    expect([...others].sort()).toEqual([
      "info-contact",
      "object-payload",
      "operation-description",
      "snake-case",
      "undeclared-required",
    ]);
  }, 40_000);
});

describe("alternats-gen lint", { timeout: 40_000 }, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.open();
    await bench.write("asyncapi.yaml", version2);
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it("reports position, finding, rule and fix", async () => {
    const { code, error } = await runIn(bench.folder, ["lint", "asyncapi.yaml"]);
    expect(code).toBe(1);
    expect(
      error,
    ).toBe(`asyncapi.yaml:6:5 warning The operation has no \`operationId\`, so its functions have the name of the channel. [unnamed-operation]
  Give it an \`operationId\`, for example \`playerChatted\`.
asyncapi.yaml:7:7 warning The message has no name, so its types have the name of the operation. [anonymous-message]
  Give it a \`name\`, or move it to \`components/messages\`.
1 document: 0 errors, 2 warnings
`);
  });

  it("disables rules by configuration and command line", async () => {
    const config = { document: "asyncapi.yaml", lint: { off: ["unnamed-operation"] } };
    await bench.write("alternats.config.json", JSON.stringify(config));
    const { code, out } = await runHere(bench.folder, ["lint", "--off", "anonymous-message"]);
    expect(out).toBe("1 document: no problems\n");
    expect(code).toBe(0);
    const wrong = { ...config, lint: { of: ["unnamed-operation"] } };
    await bench.write("alternats.config.json", JSON.stringify(wrong));
    const refused = await runHere(bench.folder, ["lint"]);
    expect(refused.code).toBe(2);
    expect(refused.error).toContain('unknown key "lint.of". Did you mean "off"?');
    await bench.write("alternats.config.json", "{}");
  });

  it("suggests a rule for an unknown name, and lists all rules", async () => {
    const wrong = await runHere(bench.folder, [
      "lint",
      "asyncapi.yaml",
      "--off",
      "anonymus-message",
    ]);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.error).toContain('Did you mean "anonymous-message"?');
    const { code, out } = await runHere(bench.folder, ["lint", "--rules"]);
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(Object.keys(rules));
  });
});
