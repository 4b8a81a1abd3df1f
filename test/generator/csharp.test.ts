import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, type NatsConnection as Official } from "@nats-io/transport-node";
import {
  type NatsCommand,
  NatsConnection,
  NatsShardingConnection,
  type Subscription,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { CSharpPeer } from "../support/csharp.js";
import { lacks } from "../support/requirements.js";
import { formatted, generateText, project, Workbench } from "./support/workbench.js";

interface Sdk {
  publishToCSharp(nats: NatsCommand, value: unknown): Promise<void>;
  subscribeToTypeScript(
    nats: NatsCommand,
    handler: (value: unknown) => void,
    options: { readonly onError: (error: Error) => void },
  ): Promise<Subscription>;
  requestAsk(
    nats: NatsCommand,
    value: unknown,
    options: { readonly headers: Readonly<Record<string, string>> },
  ): Promise<unknown>;
}

type Format = "json" | "msgpack";

const data = Uint8Array.of(0, 1, 0xff);

/** Values in the types of an SDK with bigints and dates. */
const values = (format: Format): readonly object[] =>
  [
    { big: 76561198000000001n, huge: 2n ** 64n - 1n, negative: -(2n ** 63n) },
    { big: 2n ** 63n - 1n, huge: 0n, negative: -1n },
    { big: 2n ** 53n + 1n, huge: 2n ** 53n, negative: -(2n ** 31n) - 1n },
    { big: 2n ** 32n, huge: 2n ** 32n - 1n, negative: -(2n ** 40n) },
    { big: 0n, huge: 1n, negative: -32769n },
  ].map((integers, i) => ({
    ...{ id: [0, -(2 ** 31), 2 ** 31 - 1, 255, -129][i], ...integers },
    ...{
      ratio: [0.1, -1e-9, 1e300, 0.5, 5e-324][i],
      whole: [2 ** 40, 0, -7, 2 ** 53, 1][i],
      single: 0.5,
    },
    ...{ text: ["", "é駅😀", '"\\\n', "x".repeat(300), "a"][i], at: new Date(1.7e12 + i * 999.5) },
    ...{ kind: i % 2 === 0 ? "rock" : "paper", level: 1 + (i % 3), on: i % 2 === 0, nothing: "no" },
    ...{ list: [integers.big, integers.negative], map: { a: integers.big, "b c": -5n } },
    ...{ nested: { x: 1.5, name: "n" }, uuid: "6f9619ff-8b86-4011-b42d-00c04fc964ff" },
    data: format === "json" ? Buffer.from(data).toString("base64") : data,
  }));

describe.skipIf(lacks("csharp"))("C# on NATS.Net", () => {
  let broker: Broker;
  let bench: Workbench;
  let ours: NatsConnection;
  let theirs: Official;

  beforeAll(async () => {
    broker = await startBroker();
    bench = await Workbench.open();
    ours = new NatsConnection({ servers: broker.url });
    theirs = await connect({ servers: broker.url });
  });

  afterAll(async () => {
    await ours?.close();
    await theirs?.close();
    await broker?.[Symbol.asyncDispose]();
    await bench?.[Symbol.asyncDispose]();
  });

  async function sdkOf(format: Format, validate: "both" | undefined): Promise<Sdk> {
    const text = await readFile(join(project, "test/csharp/every-value.yaml"), "utf8");
    const document = text.replace("application/json", `application/${format}`);
    const { files, diagnostics } = await generateText(
      { "every-value.yaml": document },
      { int64: "bigint", dates: "date", ...(validate && { validate }) },
    );
    expect(diagnostics.map(formatted)).toEqual([]);
    const name = `${format}-${validate}`;
    await bench.writeAll(name, files);
    return import(join(bench.folder, name, "index.ts"));
  }

  describe.each(["json", "msgpack"] as const)("as %s", (format) => {
    it.each([undefined, "both"] as const)(
      "reads every value exactly, and sends it back (validating: %s)",
      async (validate) => {
        const sdk = await sdkOf(format, validate);
        const sent = values(format) as readonly Readonly<Record<string, unknown>>[];
        const received: unknown[] = [];
        const seen: string[] = [];
        let done!: () => void;
        let fail!: (error: unknown) => void;
        const all = new Promise<void>((resolve, reject) => {
          done = resolve;
          fail = reject;
        });
        theirs.subscribe("judge.cs", {
          max: sent.length,
          callback: (_, message) => {
            seen.push(message.headers?.get("Seen") ?? "");
          },
        });
        theirs.subscribe("judge.failed", { callback: (_, message) => fail(message.string()) });
        await theirs.flush();
        await using subscription = await sdk.subscribeToTypeScript(
          ours,
          (value) => {
            received.push(value);
            if (received.length === sent.length) done();
          },
          { onError: fail },
        );
        await using _peer = await CSharpPeer.start(broker.url, format);
        for (const value of sent) await sdk.publishToCSharp(ours, value);
        await all;
        await theirs.flush();
        expect(subscription.closed).toBeDefined();
        expect(received).toEqual(
          sent.map((value) => ({
            ...value,
            ...(format === "msgpack" && { data: Buffer.from(data) }),
          })),
        );
        expect(seen).toEqual(
          sent.map(({ big, huge, at, kind }) => {
            const time = (at as Date).toISOString().replace("Z", "0000Z");
            return `${big} ${huge} ${time} ${kind}`;
          }),
        );
      },
    );

    it("answers requests with headers", async () => {
      const sdk = await sdkOf(format, undefined);
      await using _peer = await CSharpPeer.start(broker.url, format);
      const [first] = values(format) as readonly Readonly<Record<string, unknown>>[];
      const answer = await sdk.requestAsk(ours, first, { headers: { Trace: "7" } });
      expect(answer).toMatchObject({ big: first!.big, list: first!.list, text: "!" });
    });
  });

  it("places keys on the shards as AlterNats does", async () => {
    await using _peer = await CSharpPeer.start(broker.url, "json");
    const letters = [..."é駅😀x"];
    const keys = Array.from(
      { length: 3000 },
      (_, i) => `room.${i}.${letters.slice(0, i % 5).join("")}k`,
    );
    const places: readonly number[] = (
      await theirs.request("judge.shards", JSON.stringify(keys), { timeout: 20_000 })
    ).json();
    await using shards = new NatsShardingConnection({
      servers: [broker.url, broker.url, broker.url],
    });
    const connections = shards.getConnections();
    const ownPlaces = keys.map((key) =>
      connections.indexOf(shards.getCommand(key) as NatsConnection),
    );
    expect(ownPlaces).toEqual(places);
  });
});
