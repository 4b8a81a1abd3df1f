import { describe, expect, it } from "vitest";
import type { GenerateOptions } from "../../generator/src/index.ts";
import { generateText } from "./support/workbench.js";

type Files = Readonly<Record<string, unknown>>;

interface Named {
  /** The exported types, sorted. */
  readonly types: readonly string[];
  readonly functions: readonly string[];
  /** The messages about names. */
  readonly told: readonly string[];
}

/** Generates from the values of files; the first is the document. */
async function namesOf(files: Files, options?: GenerateOptions): Promise<Named> {
  const texts = Object.entries(files).map(
    ([path, value]) => [path, JSON.stringify(value)] as const,
  );
  const result = await generateText(Object.fromEntries(texts), options);
  const text = (path: string): string =>
    result.files.find((file) => file.path === path)?.text ?? "";
  const exported = (path: string): readonly string[] =>
    [...text(path).matchAll(/^export (?:const|interface|type) (\w+)/gm)].map(
      ([, name = ""]) => name,
    );
  expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return {
    types: exported("types.ts").toSorted(),
    functions: exported("operations.ts").toSorted(),
    told: result.diagnostics
      .filter(({ code }) => code === "name-collision")
      .map(({ message }) => message),
  };
}

/** A document with a channel and a message for each payload. */
function documentOf(payloads: Readonly<Record<string, unknown>>, schemas: object = {}): object {
  const channels = Object.entries(payloads).map(([name, payload]) => [
    `on${name}`,
    { address: name, messages: { [name]: { payload } } },
  ]);
  return {
    asyncapi: "3.0.0",
    info: { title: "t", version: "1" },
    servers: { n: { host: "h", protocol: "nats" } },
    channels: Object.fromEntries(channels),
    components: { schemas },
  };
}

/** An object of one property. */
const object = (property: string, more: object = {}): object => ({
  type: "object",
  properties: { [property]: { type: "string" } },
  ...more,
});

/** An object whose property `item` is a definition of its own. */
const withDefinition = (property: string): object => ({
  type: "object",
  properties: {
    first: { $ref: `#/components/schemas/${property.toUpperCase()}/definitions/Item` },
  },
  definitions: { Item: object(property) },
});

const reversed = (value: object): object => Object.fromEntries(Object.entries(value).reverse());

describe("types that want the same name", () => {
  const refs = { M1: { $ref: "#/components/schemas/A" }, M2: { $ref: "#/components/schemas/B" } };
  const schemas = { A: withDefinition("a"), B: withDefinition("b") };

  it("all get a longer one, in any order, and a warning names them", async () => {
    const { types, told } = await namesOf({ "a.json": documentOf(refs, schemas) });
    expect(types).toEqual(["A", "AItem", "B", "BItem"]);
    expect(told).toEqual(["2 types want the name `Item`; they are `AItem` and `BItem`."]);
    const turned = documentOf({ ...reversed(refs) }, reversed(schemas));
    expect((await namesOf({ "a.json": turned })).types).toEqual(types);
  });

  it("are not all listed if they are many", async () => {
    const payloads = Array.from({ length: 30 }, (_, i) => {
      const inner = object(`x${i}`, { title: "State" });
      return [`M${i}`, { type: "object", properties: { now: inner } }] as const;
    });
    const { told } = await namesOf({ "a.json": documentOf(Object.fromEntries(payloads)) });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /^30 types want the name `State`; they are (?:`\w+`, ){3}`\w+` and 26 others\.$/,
    );
  });

  it("get the name of their owner, then of their property", async () => {
    const address = (property: string): object => object(property, { title: "Address" });
    const payload = (...pairs: readonly (readonly [string, string])[]): object => ({
      type: "object",
      properties: Object.fromEntries(pairs.map(([key, property]) => [key, address(property)])),
    });
    const one = documentOf({ Player: payload(["home", "x"]), Shop: payload(["place", "y"]) });
    expect((await namesOf({ "a.json": one })).types).toEqual([
      "PlayerPayload",
      "PlayerPayloadAddress",
      "ShopPayload",
      "ShopPayloadAddress",
    ]);
    const two = documentOf({ Player: payload(["home", "x"], ["work", "y"]) });
    expect((await namesOf({ "a.json": two })).types).toEqual([
      "PlayerPayload",
      "PlayerPayloadHomeAddress",
      "PlayerPayloadWorkAddress",
    ]);
  });

  it("get the name of their file or folder", async () => {
    const files = {
      "main.json": documentOf({
        M1: { $ref: "a.json#/definitions/Item" },
        M2: { $ref: "b.json#/definitions/Item" },
        M3: { $ref: "x/player.json" },
        M4: { $ref: "y/player.json" },
      }),
      "a.json": { definitions: { Item: object("a") } },
      "b.json": { definitions: { Item: object("b") } },
      "x/player.json": object("c"),
      "y/player.json": object("d"),
    };
    expect((await namesOf(files)).types).toEqual(["AItem", "BItem", "XPlayer", "YPlayer"]);
  });

  it("do not take the name of a component", async () => {
    const inline = documentOf(
      {
        M1: { type: "object", properties: { a: object("x", { title: "Item" }) } },
        M2: { $ref: "#/components/schemas/Item" },
      },
      { Item: object("y") },
    );
    const { types, told } = await namesOf({ "a.json": inline });
    expect(types).toEqual(["Item", "M1Payload", "M1PayloadItem"]);
    expect(told).toEqual(["2 types want the name `Item`; they are `Item` and `M1PayloadItem`."]);
  });

  it("are one type if they are equal, unless they want different names", async () => {
    const position = object("x", { title: "Position" });
    const payload = (key: string, schema: object): object => ({
      type: "object",
      properties: { [key]: schema },
    });
    const equal = documentOf(
      {
        M1: payload("at", position),
        M2: payload("from", position),
        M3: { $ref: "#/components/schemas/Place" },
      },
      { Place: object("x", { title: "Position" }) },
    );
    const { types, told } = await namesOf({ "a.json": equal });
    expect(types).toEqual(["M1Payload", "M2Payload", "Place", "Position"]);
    expect(told).toEqual([]);
  });

  it("are components with the same words; the one with exactly this name keeps it", async () => {
    const components = { item: object("a"), Item: object("b") };
    const messages = {
      M1: { $ref: "#/components/schemas/item" },
      M2: { $ref: "#/components/schemas/Item" },
    };
    const { types } = await namesOf({ "a.json": documentOf(messages, components) });
    expect(types).toEqual(["Item", "Item2"]);
  });
});

describe("a new schema", () => {
  it("renames no other type if it wants another name", async () => {
    const nested = { type: "object", properties: { at: object("x"), by: object("y") } };
    const before = await namesOf({ "a.json": documentOf({ Said: nested }) });
    const more = documentOf({ Heard: nested, Said: nested, Seen: object("z") });
    const after = await namesOf({ "a.json": more });
    expect(after.types).toEqual(expect.arrayContaining([...before.types]));
    expect(after.told).toEqual([]);
  });
});

describe("a title", () => {
  it("is no name if it repeats the property's, as programs write it", async () => {
    const payload = {
      title: "Joined",
      type: "object",
      properties: {
        player_id: { title: "Player Id", anyOf: [{ type: "string" }, { type: "null" }] },
        playerKind: { title: "Playerkind", enum: ["a", "b"], type: "string" },
        home: { ...object("x"), title: "Home" },
        work: { ...object("y"), title: "Place" },
      },
    };
    const { types } = await namesOf({ "a.json": documentOf({ M: payload }) });
    expect(types).toEqual(["Joined", "JoinedHome", "Place"]);
  });
});

describe("a component that nothing uses", () => {
  it("is generated when asked for", async () => {
    const document = documentOf({ M: { type: "string" } }, { Lonely: object("a") });
    expect((await namesOf({ "a.json": document })).types).toEqual([]);
    const all = await namesOf({ "a.json": document }, { schemas: "all" });
    expect(all.types).toEqual(["Lonely"]);
  });
});

describe("functions", () => {
  async function functionsOf(...ids: readonly string[]): Promise<readonly string[]> {
    const document = {
      ...documentOf({ M: { type: "string" } }),
      operations: Object.fromEntries(
        ids.map((id) => [id, { action: "send", channel: { $ref: "#/channels/onM" } }]),
      ),
    };
    return (await namesOf({ "a.json": document })).functions;
  }

  it.each([
    ["user/signedup.subscribe", "UserSignedup"],
    ["orders.placed.publish", "OrdersPlaced"],
    ["orderSend", "Order"],
    ["light.turn.on", "LightTurnOn"],
    ["friend.request", "FriendRequest"],
    ["subscribe", "Subscribe"],
  ])("of %s are named %s: one word of direction falls away", async (id, base) => {
    expect(await functionsOf(id)).toContain(`publish${base}`);
  });

  it.each(["getPlayer", "request", "listRooms", "fetchScores", "onRequestBan"])(
    "that iterate over %s do not read as a request",
    async (id) => {
      const iterator = (await functionsOf(id)).find(
        (name) => !/^(?:publish|subscribe)[A-Z]/.test(name),
      );
      expect(iterator).toMatch(/^messagesOf[A-Z]/);
    },
  );
});
