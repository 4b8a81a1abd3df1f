import { Empty, errors, type NatsConnection } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { broker, nc, onBothSides, peer } from "./both-sides.js";
import { all, described, rejection } from "./support.js";

onBothSides(({ connect, inbox }) => {
  describe("requests", () => {
    it("has one inbox for all, with the given prefix, which must not have wildcards", async () => {
      const own = await connect({ servers: broker.url, inboxPrefix: "_MINE.a" });
      const replies = new Set<string>();
      peer.subscribe(inbox("q1"), {
        callback(_, m) {
          replies.add(m.reply!);
          m.respond(m.data);
        },
      });
      await peer.flush();
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, i) =>
          (await own.request(inbox("q1"), String(i))).string(),
        ),
      );
      expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
      expect(replies.size).toBe(20);
      const parts = [...replies].map((reply) => reply.split("."));
      expect(new Set(parts.map((tokens) => tokens.slice(0, 3).join("."))).size).toBe(1);
      expect(parts.every((tokens) => tokens.length === 4 && tokens[0] === "_MINE")).toBe(true);
      await own.close();
      for (const inboxPrefix of ["_INBOX.*", "a.>", ""]) {
        const refused = await rejection(
          connect({ servers: broker.url, inboxPrefix }).then((one) => one.close()),
        );
        expect(refused).toMatch(
          inboxPrefix === "" ? /^nothing/ : /^InvalidArgumentError: 'prefix'/,
        );
      }
    });

    it.each([{}, { noMux: true }])("rejects at once without a responder, %j", async (options) => {
      const begin = performance.now();
      const error = await nc
        .request("nobody", Empty, { timeout: 30_000, ...options })
        .catch((cause: unknown) => cause);
      expect(performance.now() - begin).toBeLessThan(20_000);
      expect(described(error)).toBe("RequestError: no responders: 'nobody' <- NoResponders");
      expect(error).toBeInstanceOf(errors.RequestError);
      expect((error as InstanceType<typeof errors.RequestError>).isNoResponders()).toBe(true);
      expect((error as Error).cause).toBeInstanceOf(errors.NoRespondersError);
    });

    it.each([{}, { noMux: true }])("times out, and forgets the request, %j", async (options) => {
      const quiet = peer.subscribe(inbox("quiet"), { callback: () => {} });
      await peer.flush();
      const error = await nc
        .request(inbox("quiet"), Empty, { timeout: 50, ...options })
        .catch((cause: unknown) => cause);
      expect(described(error)).toBe("TimeoutError: timeout");
      expect(error).toBeInstanceOf(errors.TimeoutError);
      expect(await rejection(nc.request(inbox("quiet"), Empty, { timeout: -1 }))).toBe(
        "InvalidArgumentError: 'timeout' must be greater than 0",
      );
      expect(await rejection(nc.request(inbox("quiet"), Empty, { timeout: 1, reply: "x" }))).toBe(
        "InvalidArgumentError: 'reply','noMux' are mutually exclusive",
      );
      quiet.unsubscribe();
    });

    it("answers on the reply subject that a request without the inbox names", async () => {
      peer.subscribe(inbox("own"), { callback: (_, m) => void m.respond(m.reply!) });
      await peer.flush();
      const reply = inbox("own.reply");
      const options = { timeout: 20_000, noMux: true, reply };
      const answer = await nc.request(inbox("own"), Empty, options);
      expect([answer.string(), answer.subject]).toEqual([reply, reply]);
    });

    describe.each([{}, { noMux: true }])("requestMany, %j,", (mux) => {
      const asked = (name: string) => inbox(`${name}.${"noMux" in mux}`);
      const respond = (name: string, answers: readonly string[]) => {
        peer.subscribe(asked(name), {
          callback(_, m) {
            for (const answer of answers) m.respond(answer);
          },
        });
        return peer.flush();
      };
      const texts = async (name: string, options: Parameters<NatsConnection["requestMany"]>[2]) =>
        (await all(await nc.requestMany(asked(name), Empty, { ...mux, ...options }))).map((m) =>
          m.string(),
        );

      it("ends at the timeout", async () => {
        await respond("many", ["a", "b", "c"]);
        expect(await texts("many", { strategy: "timer", maxWait: 500 })).toEqual(["a", "b", "c"]);
      });
      it("ends at the number of answers", async () => {
        await respond("counted", ["a", "b", "c"]);
        const begin = performance.now();
        const options = { strategy: "count", maxMessages: 2, maxWait: 30_000 } as const;
        expect((await texts("counted", options)).slice(0, 2)).toEqual(["a", "b"]);
        expect(performance.now() - begin).toBeLessThan(20_000);
      });
      it("ends when no further answer comes", async () => {
        await respond("stalled", ["a", "b"]);
        const begin = performance.now();
        expect(await texts("stalled", { strategy: "stall", maxWait: 30_000 })).toEqual(["a", "b"]);
        expect(performance.now() - begin).toBeLessThan(20_000);
      });
      it("ends with an empty message, which is delivered", async () => {
        await respond("ended", ["a", "b", ""]);
        expect(await texts("ended", { strategy: "sentinel", maxWait: 5_000 })).toEqual([
          "a",
          "b",
          "",
        ]);
      });
      it("ends at once without a responder", async () => {
        expect(await rejection(texts("nobody", { maxWait: 5_000 }))).toBe(
          `NoResponders: no responders: '${asked("nobody")}'`,
        );
      });
    });
  });
});
