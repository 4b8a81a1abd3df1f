import type { NatsConnectionImpl } from "@nats-io/nats-core/internal";
import type { NatsConnection } from "@nats-io/transport-node";
import { describe, expect, it, vi } from "vitest";
import { startBroker } from "../support/broker.js";
import { bothConnects, type Connect, rejection, thrown } from "./support.js";

/** Subjects of JavaScript programs that a type would have refused. */
const NOTHING = undefined as unknown as string;
const NULL = null as unknown as string;

const CALLS: readonly (readonly [string, (nc: NatsConnection) => Promise<unknown>])[] = [
  ["request(undefined)", (nc) => nc.request(NOTHING)],
  ["request(null)", (nc) => nc.request(NULL)],
  ['request("")', (nc) => nc.request("")],
  [
    "request(undefined) without mux",
    (nc) => nc.request(NOTHING, "", { noMux: true, timeout: 200 }),
  ],
  ["requestMany(undefined)", (nc) => nc.requestMany(NOTHING)],
  ["publish(undefined)", async (nc) => nc.publish(NOTHING)],
  ["publish with the reply undefined", async (nc) => nc.publish("odd", "", { reply: NOTHING })],
  ["subscribe(undefined)", async (nc) => nc.subscribe(NOTHING)],
];

/** @returns The rejection of each call. */
async function rejections(connect: Connect, servers: string): Promise<string[]> {
  const nc = await connect({ servers });
  const found: string[] = [];
  for (const [name, call] of CALLS) found.push(`${name}: ${await rejection(call(nc))}`);
  await nc.close();
  for (const [name, call] of CALLS) found.push(`${name}, closed: ${await rejection(call(nc))}`);
  return found;
}

describe("calls without a subject", () => {
  it("reject as those of the official client, and leave the connection as it is", async () => {
    await using broker = await startBroker();
    const [ours, theirs] = await Promise.all(
      bothConnects.map(([, connect]) => rejections(connect, broker.url)),
    );
    expect(ours).toEqual(theirs);
  });

  it.each(bothConnects)("reject and do not throw (%s)", async (_, connect) => {
    await using broker = await startBroker();
    const nc = await connect({ servers: broker.url });
    let promise: Promise<unknown> | undefined;
    expect(
      thrown(() => {
        promise = nc.request(NOTHING);
      }),
    ).toBe("nothing");
    expect(await rejection(promise!)).toMatch(/^InvalidSubjectError/);
    await nc.flush();
    await nc.close();
  });
});

type Listened = NatsConnection &
  Pick<NatsConnectionImpl, "addCloseListener" | "removeCloseListener">;

describe.each(bothConnects)("listeners of the end (%s)", (_, connect) => {
  const open = async (servers: string) => (await connect({ servers })) as Listened;

  it("are called once each, with nothing, in the order in which they were added", async () => {
    await using broker = await startBroker();
    const nc = await open(broker.url);
    const called: unknown[] = [];
    const listener = (name: string) => ({
      connectionClosedCallback: (...args: unknown[]) => void called.push([name, ...args]),
    });
    const removed = listener("removed");
    nc.addCloseListener(listener("first"));
    nc.addCloseListener(removed);
    nc.addCloseListener(listener("second"));
    nc.removeCloseListener(removed);
    await nc.close();
    await nc.closed();
    await new Promise(setImmediate);
    expect(called).toEqual([
      ["first", undefined],
      ["second", undefined],
    ]);
    await nc.close();
    await new Promise(setImmediate);
    expect(called).toHaveLength(2);
  });

  it("may be objects without a function, and may throw: the others are called", async () => {
    await using broker = await startBroker();
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const nc = await open(broker.url);
    let called = 0;
    nc.addCloseListener({} as never);
    nc.addCloseListener({
      connectionClosedCallback: () => {
        throw new Error("a listener's own");
      },
    });
    nc.addCloseListener({ connectionClosedCallback: () => void called++ });
    await nc.close();
    expect(await nc.closed()).toBeUndefined();
    await new Promise(setImmediate);
    expect(called).toBe(1);
    printed.mockRestore();
  });

  it("may remove themselves and others while they are called", async () => {
    await using broker = await startBroker();
    const nc = await open(broker.url);
    const called: string[] = [];
    const second = { connectionClosedCallback: () => void called.push("second") };
    const first = {
      connectionClosedCallback: () => {
        called.push("first");
        nc.removeCloseListener(first);
        nc.removeCloseListener(second);
      },
    };
    nc.addCloseListener(first);
    nc.addCloseListener(second);
    await nc.close();
    await new Promise(setImmediate);
    expect(called).toEqual(["first", "second"]);
  });

  it("that are added behind the end are called where the first one is, and then no more", async () => {
    await using broker = await startBroker();
    const nc = await open(broker.url);
    await nc.close();
    await nc.closed();
    const called: string[] = [];
    nc.addCloseListener({ connectionClosedCallback: () => void called.push("first") });
    await new Promise(setImmediate);
    nc.addCloseListener({ connectionClosedCallback: () => void called.push("second") });
    await new Promise(setImmediate);
    expect(called).toEqual(["first"]);
  });
});
