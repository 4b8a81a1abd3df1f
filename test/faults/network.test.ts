import { connect } from "@nats-io/transport-node";
import { NatsConnection, type NatsError, PendingLimitError } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { Ledger } from "../support/ledger.js";
import { usedMemory } from "../support/memory.js";
import { startNetwork } from "../support/network.js";
import { nextEvent } from "../support/next-event.js";

const MiB = 2 ** 20;

describe("a network", () => {
  it("that carries single bytes loses nothing", async () => {
    await using broker = await startBroker();
    await using network = await startNetwork(broker.port);
    network.singleBytes = true;
    await using nats = new NatsConnection({ servers: network.url, connectTimeout: 10_000 });
    const got: unknown[] = [];
    await nats.subscribe<unknown>("bytes.*", (value, { subject, headers }) => {
      got.push([subject, value, headers?.get("Number")]);
    });
    await nats.respond<string, string>("echo", (value) => value);
    for (let i = 0; i < 100; i++) {
      await nats.publish(`bytes.${i}`, `é${i}`, { headers: { Number: `${i}` } });
    }
    await nats.flush();
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => [`bytes.${i}`, `é${i}`, `${i}`]));
    expect(await nats.request("echo", "x".repeat(2_000))).toBe("x".repeat(2_000));
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("that is slow slows down nothing but the round trip", async () => {
    await using broker = await startBroker();
    await using network = await startNetwork(broker.port);
    network.delay = 20;
    await using nats = new NatsConnection({ servers: network.url });
    await using responder = new NatsConnection({ servers: broker.url });
    await responder.respond<number, number>("double", (value) => 2 * value);
    await nats.connect();
    const begun = performance.now();
    const asking = Array.from({ length: 500 }, (_, i) => nats.request<number>("double", i));
    const answers = await Promise.all(asking);
    expect(answers).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i));
    // One after the other they would take 500 times 40 ms.
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await nats.ping()).toBeGreaterThanOrEqual(40);
  });

  it("that is repeatedly cut under load loses at most the messages reported as in doubt", async () => {
    await using broker = await startBroker();
    await using network = await startNetwork(broker.port);
    const codes: string[] = [];
    let inDoubt = 0;
    await using nats = new NatsConnection({
      servers: network.url,
      onError: ({ code }) => codes.push(code),
    });
    nats.on("opened", (event) => {
      inDoubt += event.inDoubt;
    });
    const ledger = new Ledger();
    await nats.subscribe<{ number: number }>("cut", ({ number }) => ledger.receive(number));
    const text = "x".repeat(300);
    for (let round = 0; round < 6; round++) {
      const lost = nextEvent(nats, "disconnected");
      for (let i = 0; i < 400; i++) await nats.publish("cut", { number: ledger.next(), text });
      network.cut();
      await lost;
      const back = nats.state === "open" ? undefined : nextEvent(nats, "opened");
      for (let i = 0; i < 400; i++) await nats.publish("cut", { number: ledger.next(), text });
      await back;
      await nats.flush();
    }
    await nats.flush();
    expect(ledger.sent).toBe(4_800);
    expect(ledger.doubled).toEqual([]);
    // The server may read the rest of a dead connection after the first of the next one: what was sent
    // before a cut can be late, what was sent after it cannot.
    expect(ledger.disordered.filter((number) => number % 800 >= 400)).toEqual([]);
    expect(ledger.lost.length).toBeLessThanOrEqual(inDoubt);
    expect(inDoubt).toBeGreaterThan(0);
    expect(ledger.received.length).toBeGreaterThanOrEqual(2_400);
    expect(new Set(codes)).toEqual(new Set(["MESSAGES_IN_DOUBT"]));
    expect(nats.getStats()).toMatchObject({ reconnects: 6, dropped: 0 });
  });

  it("that dies silently is noticed by unanswered PINGs, and pending operations are rejected", async () => {
    await using broker = await startBroker();
    await using network = await startNetwork(broker.port);
    await using nats = new NatsConnection({
      servers: network.url,
      pingInterval: 50,
      maxPingOut: 2,
      onError: () => {},
    });
    const got: number[] = [];
    await nats.subscribe<number>("half", (value) => void got.push(value));
    const stale = nextEvent(nats, "staleConnection");
    const back = nextEvent(nats, "opened");
    network.stall("toServer", "toClient");
    const begun = performance.now();
    const waiting = [nats.flush(), nats.request("nobody"), nats.ping()].map((promise) =>
      promise.catch(({ code }: NatsError) => code),
    );
    nats.post("half", 1);
    expect(await Promise.all(waiting)).toEqual(Array(3).fill("DISCONNECTED"));
    expect(await stale).toMatchObject({ unanswered: 2 });
    // pingInterval for each PING that may be unanswered, and one to notice; a busy machine adds to it. The requests'
    // own time would be over after 5 seconds.
    expect(performance.now() - begun).toBeGreaterThan(100);
    expect(performance.now() - begun).toBeLessThan(4_500);
    // The request and the message.
    expect((await back).inDoubt).toBe(2);
    nats.post("half", 2);
    await nats.flush();
    await nats.flush();
    expect(got).toEqual([2]);
  });

  it("that dies while the server keeps the old connection delivers no message twice", async () => {
    await using broker = await startBroker({ config: 'ping_interval: "1s", ping_max: 1' });
    await using network = await startNetwork(broker.port);
    await using nats = new NatsConnection({
      servers: network.url,
      pingInterval: 100,
      maxPingOut: 1,
      onError: () => {},
    });
    const got: number[] = [];
    await nats.subscribe<number>("twice", (value) => void got.push(value));
    const back = nextEvent(nats, "opened");
    network.stall("toServer", "toClient");
    await back;
    const peer = await connect({ servers: broker.url });
    for (let i = 0; i < 100; i++) peer.publish("twice", `${i}`);
    await peer.flush();
    await nats.flush();
    // What the old connection was sent comes too late: it belongs to no subscription any more.
    network.resume();
    await nats.flush();
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i));
    await peer.close();
  });
});

describe("a server that stops reading", () => {
  it("makes publishers wait, fills exactly maxPendingBytes, and gets everything in order when it continues", async () => {
    await using broker = await startBroker();
    await using network = await startNetwork(broker.port);
    /** The default. */
    const maxPendingBytes = 64 * MiB;
    await using nats = new NatsConnection({ servers: network.url });
    await using reader = new NatsConnection({ servers: broker.url });
    const ledger = new Ledger();
    await reader.subscribe<{ number: number }>("stall", ({ number }) => ledger.receive(number));
    await nats.connect();
    const before = usedMemory();
    network.stall("toServer");

    const text = "x".repeat(4_000);
    const waits = async () => {
      for (;;) {
        const accepted = nats.publish("stall", { number: ledger.sent, text }, { timeout: 200 });
        ledger.next();
        await accepted;
      }
    };
    // Past the high-water mark publish() waits; what it wrote stays written.
    await expect(waits()).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(nats.getStats().pendingBytes).toBeLessThan(2 * MiB);
    expect(() => {
      for (;;) {
        nats.post("stall", { number: ledger.sent, text });
        ledger.next();
      }
    }).toThrow(PendingLimitError);
    expect(nats.getStats().pendingBytes).toBeLessThanOrEqual(maxPendingBytes);
    expect(nats.getStats().pendingBytes).toBeGreaterThan(maxPendingBytes - 2 * 4_100);
    expect(usedMemory() - before).toBeLessThan(maxPendingBytes + 8 * MiB);

    network.resume();
    await ledger.until(ledger.sent);
    expect(ledger.received).toEqual(Array.from({ length: ledger.sent }, (_, i) => i));
    expect(nats.getStats()).toMatchObject({ pendingBytes: 0, reconnects: 0, dropped: 0 });
    await nats.flush();
    expect(usedMemory() - before).toBeLessThan(8 * MiB);
  });

  it("because its process is stopped is used again later with nothing lost", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url });
    const ledger = new Ledger();
    await nats.subscribe<number>("still", ledger.receive);
    await broker.pause();
    for (let i = 0; i < 50_000; i++) nats.post("still", ledger.next());
    const late = nats.request("nobody", undefined, { timeout: 100 });
    await expect(late).rejects.toMatchObject({ code: "TIMEOUT" });
    broker.resume();
    await nats.flush();
    expect(ledger.received).toEqual(Array.from({ length: 50_000 }, (_, i) => i));
    expect(nats.getStats()).toMatchObject({ reconnects: 0, dropped: 0 });
  });
});
