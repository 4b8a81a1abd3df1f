import { errors } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { broker, first, nc, onBothSides, peer } from "./both-sides.js";
import { all, rejection, StatusLog } from "./support.js";

onBothSides(({ open, inbox }) => {
  describe("subscriptions", () => {
    it("delivers exactly the maximum, then is closed, and the maximum can be raised", async () => {
      const got: number[] = [];
      const counted = nc.subscribe(inbox("u1"), {
        max: 5,
        callback: (_, m) => void got.push(Number(m.string())),
      });
      expect(counted.getMax()).toBe(5);
      await nc.flush();
      for (let i = 0; i < 3; i++) nc.publish(inbox("u1"), String(i));
      await nc.flush();
      counted.unsubscribe(7);
      for (let i = 3; i < 20; i++) nc.publish(inbox("u1"), String(i));
      await counted.closed;
      await nc.flush();
      expect(got).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect([counted.isClosed(), counted.getReceived()]).toEqual([true, 7]);
      const looped = nc.subscribe(inbox("u1"), { max: 2 });
      for (let i = 0; i < 5; i++) nc.publish(inbox("u1"), String(i));
      expect((await all(looped)).map((m) => m.string())).toEqual(["0", "1"]);
      expect([looped.getProcessed(), looped.getReceived()]).toEqual([2, 2]);
    });

    it("delivers a message to one member of a queue group, and to every plain subscription", async () => {
      const got = { one: 0, two: 0, plain: 0 };
      for (const name of ["one", "two"] as const) {
        nc.subscribe(inbox("u2"), { queue: "q", callback: () => void got[name]++ });
      }
      nc.subscribe(inbox("u2"), { callback: () => void got.plain++ });
      await nc.flush();
      for (let i = 0; i < 100; i++) peer.publish(inbox("u2"));
      await peer.flush();
      await nc.flush();
      expect([got.one + got.two, got.plain]).toEqual([100, 100]);
    });

    it("times out without a first message, and not with one", async () => {
      const loop = nc.subscribe(inbox("u3"), { timeout: 30 });
      expect(await rejection(all(loop))).toBe("TimeoutError: timeout");
      const called = await new Promise((resolve) => {
        nc.subscribe(inbox("u3"), { timeout: 30, callback: (error) => resolve(error) });
      });
      expect(called).toBeInstanceOf(errors.TimeoutError);
      const kept = nc.subscribe(inbox("u3.kept"), { timeout: 600 });
      nc.publish(inbox("u3.kept"));
      const got = all(kept);
      // One that began later is timed out by now, and the first would have been.
      expect(await rejection(all(nc.subscribe(inbox("u3.late"), { timeout: 600 })))).toBe(
        "TimeoutError: timeout",
      );
      await kept.drain();
      expect(await got).toHaveLength(1);
    });

    it("has either a callback or a loop, and leaving the loop unsubscribes", async () => {
      const called = nc.subscribe(inbox("u4"), { callback: () => {} });
      expect(await rejection(all(called))).toMatch(
        /^InvalidOperationError: iterator cannot be used/,
      );
      called.unsubscribe();
      const looped = nc.subscribe(inbox("u4"));
      for (let i = 0; i < 3; i++) nc.publish(inbox("u4"), String(i));
      expect((await first(looped)).string()).toBe("0");
      expect(await looped.closed).toBeUndefined();
      await nc.flush();
      const { connections } = (await (
        await fetch(`${broker.monitoringUrl}/connz?subs=1&cid=${nc.info!.client_id}`)
      ).json()) as { connections: { subscriptions_list?: string[] }[] };
      expect(connections[0]!.subscriptions_list ?? []).not.toContain(inbox("u4"));
    });

    it("reports once that too many messages wait, and again after there were fewer", async () => {
      const own = await open();
      const status = new StatusLog(own);
      const subscription = own.subscribe(inbox("u5"), { slow: 10 });
      const burst = async () => {
        for (let i = 0; i < 20; i++) own.publish(inbox("u5"));
        await own.flush();
      };
      await burst();
      const { sub, pending } = await status.until("slowConsumer");
      expect([sub === subscription, pending]).toEqual([true, 11]);
      let taken = 0;
      for await (const _ of subscription) {
        taken++;
        if (taken === 20) await burst();
        if (taken === 40) break;
      }
      expect(status.types.filter((type) => type === "slowConsumer")).toHaveLength(2);
      await own.close();
    });
  });
});
