import { describe, expect, it } from "vitest";
import type { Role } from "../../generator/src/index.ts";
import { generateText, Workbench } from "./support/workbench.js";

/** The application sends `moved`, receives `halt`, answers `ping` and asks for `charge`. */
const document = `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  moved: { address: moved, messages: { m: { payload: { type: string } } } }
  halt: { address: halt, messages: { h: { headers: { type: object, properties: { why: { type: string } } }, payload: { type: object, properties: { at: { type: integer } } } } } }
  ping: { address: ping, messages: { p: { payload: { type: object, properties: { n: { type: integer } } } }, q: { payload: { type: string } } } }
  charge: { address: charge, messages: { c: { payload: { type: integer } }, d: { payload: { type: string } } } }
  spoken: { address: spoken, messages: { s: { payload: { type: string } } } }
operations:
  sendMoved: { action: send, channel: { $ref: "#/channels/moved" }, tags: [{ name: Robot arm }] }
  receiveHalt: { action: receive, channel: { $ref: "#/channels/halt" }, tags: [{ name: Robot arm }, { name: other }] }
  answerPing: { action: receive, channel: { $ref: "#/channels/ping" }, messages: [{ $ref: "#/channels/ping/messages/p" }], reply: { channel: { $ref: "#/channels/ping" }, messages: [{ $ref: "#/channels/ping/messages/q" }] } }
  askCharge: { action: send, channel: { $ref: "#/channels/charge" }, messages: [{ $ref: "#/channels/charge/messages/c" }], reply: { channel: { $ref: "#/channels/charge" }, messages: [{ $ref: "#/channels/charge/messages/d" }] } }
`;

/** Asked for and deleted on one subject. */
const shared = `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  unit: { address: unit, messages: { g: { payload: { type: object } }, d: { payload: { type: object } }, r: { payload: { type: string } } } }
operations:
  getUnit: { action: receive, channel: { $ref: "#/channels/unit" }, messages: [{ $ref: "#/channels/unit/messages/g" }], reply: { channel: { $ref: "#/channels/unit" }, messages: [{ $ref: "#/channels/unit/messages/r" }] } }
  deleteUnit: { action: receive, channel: { $ref: "#/channels/unit" }, messages: [{ $ref: "#/channels/unit/messages/d" }], reply: { channel: { $ref: "#/channels/unit" }, messages: [{ $ref: "#/channels/unit/messages/r" }] } }
`;

async function sdkOf(text: string, role?: Role): Promise<ReadonlyMap<string, string>> {
  const { files } = await generateText({ "asyncapi.yaml": text }, role && { role });
  return new Map(files.map((file) => [file.path, file.text]));
}

function functions(sdk: ReadonlyMap<string, string>): readonly string[] {
  const text = sdk.get("operations.ts") ?? "";
  return [...text.matchAll(/^export const (\w+)/gm)].map(([, name = ""]) => name);
}

describe("the role of an SDK", () => {
  it("is both sides by default", async () => {
    expect(functions(await sdkOf(document))).toEqual([
      ...["publishMoved", "subscribeMoved", "movedMessages"],
      ...["publishHalt", "subscribeHalt", "haltMessages"],
      ...["publishSpoken", "subscribeSpoken", "spokenMessages"],
      ...["requestAnswerPing", "respondAnswerPing", "requestAskCharge", "respondAskCharge"],
    ]);
  });

  it("is the application's side, with both sides of channels without operations", async () => {
    expect(functions(await sdkOf(document, "application"))).toEqual([
      ...["publishMoved", "subscribeHalt", "haltMessages"],
      ...["publishSpoken", "subscribeSpoken", "spokenMessages"],
      ...["respondAnswerPing", "requestAskCharge"],
    ]);
  });

  it("is the clients' side", async () => {
    expect(functions(await sdkOf(document, "client"))).toEqual([
      ...["subscribeMoved", "movedMessages", "publishHalt"],
      ...["publishSpoken", "subscribeSpoken", "spokenMessages"],
      ...["requestAnswerPing", "respondAskCharge"],
    ]);
  });

  it("has the responder of a subject on the answering side", async () => {
    expect(functions(await sdkOf(shared, "application"))).toEqual(["respondUnit"]);
    expect(functions(await sdkOf(shared, "client"))).toEqual([
      "requestGetUnit",
      "requestDeleteUnit",
    ]);
  });

  it("gives an SDK that compiles without unused code, and is in the manifest", async () => {
    await using bench = await Workbench.open();
    for (const role of ["application", "client"] as const) {
      for (const [name, text] of Object.entries({ document, shared })) {
        const sdk = await sdkOf(text, role);
        expect(JSON.parse(sdk.get("alternats.json") ?? "").options).toEqual({ role });
        for (const [path, each] of sdk) await bench.write(`${role}/${name}/${path}`, each);
      }
    }
    expect(await bench.compile()).toBe("");
  });
});

describe("the client object", () => {
  it("groups functions by the operation's first tag, or by channel", async () => {
    const client = (await sdkOf(document, "client")).get("client.ts");
    expect(client).toContain(`  robotArm: {
    subscribeMoved: Operations.subscribeMoved,
    movedMessages: Operations.movedMessages,
    publishHalt: Operations.publishHalt,
  },
`);
    expect(client).toContain(`  spoken: {
    publish: Operations.publishSpoken,
    subscribe: Operations.subscribeSpoken,
    messages: Operations.spokenMessages,
  },
`);
  });
});
