import { Empty, type NatsConnectionImpl } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { startFakeServer } from "../support/fake-server.js";
import { nc, onBothSides } from "./both-sides.js";
import { all, rejection, StatusLog, thrown } from "./support.js";

onBothSides(({ connect, open, inbox }) => {
  describe("ending", () => {
    it("drains a subscription: delivers messages in flight, and returns the same promise twice", async () => {
      const got: number[] = [];
      const subscription = nc.subscribe(inbox("drained"), {
        callback: (_, m) => void got.push(Number(m.string())),
      });
      for (let i = 0; i < 100; i++) nc.publish(inbox("drained"), String(i));
      const draining = subscription.drain();
      expect([subscription.isDraining(), subscription.drain() === draining]).toEqual([true, true]);
      await draining;
      expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i));
      expect(subscription.isClosed()).toBe(true);
      expect(await subscription.closed).toBeUndefined();
      expect(await rejection(subscription.drain())).toBe(
        "InvalidOperationError: subscription is already closed",
      );
    });

    it("drains a connection, and ends it after messages in flight", async () => {
      const own = await open();
      const got: string[] = [];
      const subscription = own.subscribe(inbox("d2"), {
        callback: (_, m) => void got.push(m.string()),
      });
      own.publish(inbox("d2"), "1");
      const draining = own.drain();
      const refused = "DrainingConnectionError: connection draining";
      expect(own.isDraining()).toBe(true);
      expect(thrown(() => own.subscribe("x"))).toBe(refused);
      expect(await rejection(own.request("x"))).toBe(refused);
      expect(await rejection(own.drain())).toBe(refused);
      expect(await rejection(own.reconnect())).toBe(refused);
      await draining;
      expect([got, own.isClosed(), subscription.isClosed()]).toEqual([["1"], true, true]);
      expect(await own.closed()).toBeUndefined();
    });

    it("settles everything at close, and rejects later calls", async () => {
      const own = await open();
      const status = new StatusLog(own);
      const listened: unknown[] = [];
      const listener = { connectionClosedCallback: (error: unknown) => void listened.push(error) };
      (own as NatsConnectionImpl).addCloseListener(listener);
      own.subscribe(inbox("silent"), { callback: () => {} });
      const subscription = own.subscribe(inbox("d3"));
      const looped = all(subscription);
      const many = all(await own.requestMany(inbox("silent"), Empty, { maxWait: 10_000 }));
      const asked = rejection(own.request(inbox("silent"), Empty, { timeout: 10_000 }));
      const alone = own.request(inbox("silent"), Empty, { timeout: 10_000, noMux: true });
      void alone.catch(() => {});
      await own.flush();
      await own.close();
      expect(await asked).toMatch(/^RequestError: connection closed/);
      expect(await looped).toEqual([]);
      expect(await rejection(many)).toBe("RequestError: connection closed");
      expect([await own.closed(), own.isClosed(), own.info]).toEqual([undefined, true, undefined]);
      const closed = "ClosedConnectionError: closed connection";
      for (const call of [() => own.publish("x"), () => own.subscribe("x")]) {
        expect(thrown(call)).toBe(closed);
      }
      for (const call of [
        own.request("x"),
        own.requestMany("x"),
        own.flush(),
        own.drain(),
        own.rtt(),
        own.reconnect(),
      ]) {
        expect(await rejection(call)).toBe(closed);
      }
      expect(await rejection(subscription.drain())).toBe(closed);
      subscription.unsubscribe();
      await own.close();
      await own[Symbol.asyncDispose]();
      await status.done;
      expect(status.types).toEqual(["close"]);
      expect(listened).toEqual([undefined]);
    });
  });

  describe("flushing", () => {
    it("flushes with a PING and its PONG, and rejects if the connection is lost", async () => {
      let answering = true;
      await using server = await startFakeServer(async (client) => {
        await client.greet();
        await client.until("PING\r\n", 2);
        if (answering) client.send("PONG\r\n");
        await client.until("PING\r\n", 3);
        client.destroy();
      });
      const own = await connect({ servers: server.url, reconnectTimeWait: 10 });
      await own.flush();
      answering = false;
      expect(await rejection(own.flush())).toMatch(/^RequestError: connection disconnected/);
      await own.close();
    });

    it("measures the round trip in whole milliseconds", async () => {
      const rtt = await nc.rtt();
      expect(Number.isInteger(rtt) && rtt >= 0 && rtt < 1_000).toBe(true);
    });
  });
});
