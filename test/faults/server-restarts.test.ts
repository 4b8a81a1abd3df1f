import { connect } from "@nats-io/transport-node";
import { NatsConnection, type NatsError } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { Ledger } from "../support/ledger.js";
import { nextEvent } from "../support/next-event.js";

/** Milliseconds from the server's return to the connection's: a second, and what a busy machine adds. */
const RECOVERY = 2_500;

describe("a server that is killed and restarted under load", () => {
  it("loses at most the messages reported as in doubt: nothing twice, nothing out of order, nothing flushed", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    let inDoubt = 0;
    await using nats = new NatsConnection({
      servers: broker.url,
      onError: (error) => errors.push(error),
    });
    nats.on("opened", (event) => {
      inDoubt += event.inDoubt;
    });
    const ledger = new Ledger();
    await nats.subscribe<number>("load", ledger.receive);

    let running = true;
    let confirmed = 0;
    const disconnected: NatsError[] = [];
    const load = async () => {
      while (running) {
        for (let i = 0; i < 500; i++) await nats.publish("load", ledger.next());
        const flushed = ledger.sent;
        await nats.flush().then(
          () => {
            confirmed += flushed;
            // What the server confirmed has come, apart from what was in doubt before.
            expect(ledger.received.at(-1)).toBe(flushed - 1);
          },
          (error) => disconnected.push(error),
        );
      }
    };
    const loading = load();
    const recoveries: number[] = [];
    for (let round = 1; round <= 3; round++) {
      await ledger.until(ledger.received.length + 5_000);
      const lost = nextEvent(nats, "disconnected");
      await broker.stop("SIGKILL");
      await lost;
      const opened = nextEvent(nats, "opened");
      await broker.start();
      const ready = performance.now();
      await opened;
      recoveries.push(performance.now() - ready);
    }
    await ledger.until(ledger.received.length + 5_000);
    running = false;
    await loading;
    await nats.flush();

    expect(confirmed).toBeGreaterThan(0);
    expect(ledger.disordered).toEqual([]);
    expect(ledger.lost.length).toBeLessThanOrEqual(inDoubt);
    expect(nats.getStats()).toMatchObject({ reconnects: 3, dropped: 0, pendingMessages: 0 });
    // Each loss is told of once, and to whoever waited for a flush.
    expect(new Set(errors.map(({ code }) => code))).toEqual(
      new Set(inDoubt > 0 ? ["MESSAGES_IN_DOUBT"] : []),
    );
    expect(errors.length).toBeLessThanOrEqual(3);
    expect(disconnected.every(({ code }) => code === "DISCONNECTED")).toBe(true);
    expect(disconnected.length).toBeLessThanOrEqual(3);
    for (const recovery of recoveries) expect(recovery).toBeLessThan(RECOVERY);
  });

  it("settles every request: with its own answer, or with an error that explains its fate", async () => {
    await using broker = await startBroker();
    const options = { servers: broker.url, onError: () => {} };
    await using nats = new NatsConnection({ ...options, requestTimeout: 500 });
    await using responder = new NatsConnection(options);
    await responder.respond<number, number>("double", (value) => 2 * value);

    let running = true;
    let asked = 0;
    let answered = 0;
    const failures = new Map<string, number>();
    const ask = async () => {
      while (running) {
        const value = asked++;
        try {
          expect(await nats.request<number>("double", value)).toBe(2 * value);
          answered++;
        } catch (error) {
          const { code = String(error) } = error as NatsError;
          failures.set(code, (failures.get(code) ?? 0) + 1);
          await new Promise(setImmediate);
        }
      }
    };
    const asking = Array.from({ length: 64 }, ask);
    for (let round = 0; round < 2; round++) {
      const goal = answered + 2_000;
      while (answered < goal) await new Promise(setImmediate);
      const back = Promise.all([nextEvent(nats, "opened"), nextEvent(responder, "opened")]);
      await broker.restart("SIGKILL");
      await back;
    }
    const goal = answered + 2_000;
    while (answered < goal) await new Promise(setImmediate);
    running = false;
    await Promise.all(asking);
    const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
    expect(answered + failed).toBe(asked);
    // In flight; asked before the responder was back; taken by a responder whose answer was lost.
    for (const code of failures.keys()) {
      expect(["DISCONNECTED", "NO_RESPONDERS", "TIMEOUT"]).toContain(code);
    }
    expect(failures.get("DISCONNECTED")).toBeLessThanOrEqual(2 * 64);
  });

  it("keeps iterators, queue groups and other clients working", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    const looped: number[] = [];
    const messages = nats.messages<number>("loop");
    const loop = (async () => {
      for await (const { value } of messages) {
        looped.push(value);
        if (value === 9) return;
      }
    })();
    const grouped: number[] = [];
    await nats.subscribe<number>("group", (value) => void grouped.push(value), { queue: "q" });
    const back = nextEvent(nats, "opened");
    await broker.restart("SIGKILL");
    await back;
    const peer = await connect({ servers: broker.url });
    for (let i = 0; i < 10; i++) {
      peer.publish("loop", `${i}`);
      peer.publish("group", `${i}`);
    }
    await peer.flush();
    await loop;
    await nats.flush();
    expect(looped).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(grouped).toEqual(looped);
    await peer.close();
  });
});
