import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { type NatsCommand, NatsConnection, type Subscription } from "alternats";
import { InvalidMessageError } from "alternats/sdk/validate";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { checkOf } from "./support/check.js";
import { generateText, Workbench } from "./support/workbench.js";

describe("numbers in a validator", () => {
  it("are multiples of a decimal as in decimal arithmetic", async () => {
    await using bench = await Workbench.open();
    const check = await checkOf(bench, "cents", { Root: { type: "number", multipleOf: 0.01 } });
    // The first five are binary fractions whose quotients by 0.01 are no integers.
    for (const value of [0.07, 0.29, 4.35, 8.2, 19.99, -1.1, 0, 5, 1e21, 2 ** 60]) {
      expect(check(value), String(value)).toBe(true);
    }
    for (const value of [0.001, 0.075, 19.995, 1e-9, 0.30000000000000004, Number.NaN]) {
      expect(check(value), String(value)).toBe(false);
    }
    expect(check.errors?.[0]?.keyword).toBe("type");
    check(0.075);
    expect(check.errors?.[0]).toMatchObject({
      keyword: "multipleOf",
      message: "must be multiple of 0.01",
    });
  });

  it("are multiples of an integer, and of a number beyond 2^53", async () => {
    await using bench = await Workbench.open();
    const threes = await checkOf(bench, "threes", { Root: { multipleOf: 3 } });
    expect([0, -3, 9, 3e20, "text"].map((value) => threes(value))).not.toContain(false);
    expect([1, -2, 3.5, 1e21 + 1].map((value) => threes(value))).not.toContain(true);
    const large = await checkOf(bench, "large", { Root: { multipleOf: 1e300 } });
    expect([large(3e300), large(1.5e300)]).toEqual([true, false]);
  });
});

const ratios = `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  n: { address: nn.n, messages: { n: { payload: { type: object, required: [f], properties: { f: { type: number }, i: { type: integer } } } } } }
`;

interface RatioSdk {
  publishN(nats: NatsCommand, message: unknown): Promise<void>;
  subscribeN(
    nats: NatsCommand,
    handler: (message: unknown) => void,
    options: { readonly onError: (error: Error) => void },
  ): Promise<Subscription>;
}

describe("NaN and Infinity", () => {
  it("are refused by a sender that validates, which writes nothing, and by a receiver", async () => {
    await using bench = await Workbench.open();
    const { files } = await generateText({ "a.yaml": ratios }, { validate: "both" });
    await bench.writeAll("sdk", files);
    const sdk: RatioSdk = await import(join(bench.folder, "sdk/index.ts"));
    await using broker = await startBroker();
    await using ours = new NatsConnection({ servers: broker.url });
    const theirs = await connect({ servers: broker.url });
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    let arrived!: () => void;
    const last = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await sdk.subscribeN(
      ours,
      (message) => {
        seen.push(message);
        arrived();
      },
      { onError: ({ cause }) => errors.push(cause) },
    );
    for (const f of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      await expect(sdk.publishN(ours, { f })).rejects.toMatchObject({ path: "/f", rule: "type" });
      await expect(sdk.publishN(ours, { f: 1, i: f })).rejects.toThrow(InvalidMessageError);
    }
    theirs.publish("nn.n", '{"f":1e400}');
    theirs.publish("nn.n", '{"f":0,"i":-1e999}');
    theirs.publish("nn.n", '{"f":0.5}');
    await last;
    // Only what the other client sent arrived: what was refused was not written.
    expect(seen).toEqual([{ f: 0.5 }]);
    expect(errors).toMatchObject([{ path: "/f" }, { path: "/i" }]);
    await theirs.close();
  });
});
