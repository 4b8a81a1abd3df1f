import { connect } from "@nats-io/transport-node";
import { MessagesDroppedError, NatsConnection, type NatsError, rawSerializer } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { Ledger } from "../support/ledger.js";
import { usedMemory } from "../support/memory.js";
import { nextEvent } from "../support/next-event.js";

const MiB = 2 ** 20;

describe("a slow subscriber", () => {
  it.each([
    ["dropNewest", (n: number) => n],
    ["dropOldest", (n: number, sent: number) => sent - 1_000 + n],
  ] as const)(
    "that drops messages (%s) keeps the order, counts the dropped ones, and needs no more memory than its queue",
    async (whenFull, expected) => {
      await using broker = await startBroker();
      const errors: NatsError[] = [];
      const events: unknown[] = [];
      await using nats = new NatsConnection({
        servers: broker.url,
        onError: (error) => expect.fail(error.message),
      });
      nats.on("slowConsumer", (event) => void events.push(event));
      await using messages = nats.messages<Uint8Array>("slow", {
        maxBuffered: 1_000,
        whenFull,
        serializer: rawSerializer,
        onError: (error) => void errors.push(error),
      });
      await nats.flush();
      const before = usedMemory();
      const peer = await connect({ servers: broker.url });
      for (let i = 0; i < 20_000; i++) {
        const payload = Buffer.alloc(5_000);
        payload.writeInt32LE(i);
        peer.publish("slow", payload);
        if (i % 1_000 === 0) await peer.flush();
      }
      await peer.flush();
      await nats.flush();
      expect(usedMemory() - before).toBeLessThan(24 * MiB);
      const got: number[] = [];
      for await (const { value } of messages) {
        got.push(Buffer.from(value).readInt32LE());
        if (got.length === 1_000) break;
      }
      expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => expected(i, 20_000)));
      expect(messages.dropped).toBe(19_000);
      // Told once, when it begins, to the subscription alone.
      expect(errors).toHaveLength(1);
      expect(errors[0]).toBeInstanceOf(MessagesDroppedError);
      expect(events).toMatchObject([{ subject: "slow", pending: 1_000 }]);
      await peer.close();
    },
  );

  it("that pauses slows down the server instead, and gets all messages in order", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url });
    await using publisher = new NatsConnection({ servers: broker.url });
    const ledger = new Ledger();
    let running = 0;
    await nats.subscribe<{ number: number }>(
      "paused",
      async ({ number }) => {
        expect(++running).toBe(1);
        if (number % 200 === 0) await new Promise(setImmediate);
        running--;
        ledger.receive(number);
      },
      { concurrency: 1, maxBuffered: 100 },
    );
    const before = usedMemory();
    let most = 0;
    const text = "x".repeat(1_000);
    for (let i = 0; i < 20_000; i++) {
      await publisher.publish("paused", { number: ledger.next(), text });
      if (i % 4_000 === 0) most = Math.max(most, usedMemory() - before);
    }
    await ledger.until(20_000);
    expect(ledger.received).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
    expect(most).toBeLessThan(16 * MiB);
  });

  it("that the server disconnects is restored, with the reason and a report of possible losses", async () => {
    await using broker = await startBroker({
      config: 'max_payload: 100000, max_pending: 200000, write_deadline: "100ms"',
    });
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      onError: (error) => void errors.push(error),
    });
    const ledger = new Ledger();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await nats.subscribe<number[]>(
      "cut.off",
      async ([number]) => {
        await held;
        ledger.receive(number!);
      },
      { concurrency: 1, maxBuffered: 10 },
    );
    const lost = nextEvent(nats, "disconnected");
    const peer = await connect({ servers: broker.url });
    const filler = Array(200).fill(0);
    let gone = false;
    void lost.then(() => {
      gone = true;
    });
    // The system's own buffers take some megabytes before the server's do.
    const flood = async () => {
      while (!/Slow Consumer/.test(broker.log())) {
        for (let i = 0; i < 1_000; i++) {
          peer.publish("cut.off", JSON.stringify([ledger.next(), ...filler]));
        }
        await peer.flush();
      }
    };
    await flood();
    expect(gone).toBe(false);
    release();
    const { error } = await lost;
    expect(error).toMatchObject({ code: "CONNECTION" });
    const flooded = ledger.sent;
    await nats.flush();
    peer.publish("cut.off", JSON.stringify([ledger.next()]));
    await peer.flush();
    await nats.flush();
    while (ledger.received.at(-1) !== flooded) await nats.flush();
    expect(ledger.disordered).toEqual([]);
    // What came before the cut came whole: no hole but one, in front of the last.
    expect(ledger.received.slice(0, -1)).toEqual(
      Array.from({ length: ledger.received.length - 1 }, (_, i) => i),
    );
    expect(errors.every(({ code }) => code === "SERVER")).toBe(true);
    await peer.close();
  });
});
