import {
  Empty,
  errors,
  headers,
  Match,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type NatsConnectionImpl,
  type Subscription,
} from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { all, bothConnects, described, rejection, StatusLog, thrown } from "./support.js";

// The rows of the checklist of a NATS client, by their names there; connecting, credentials, encryption
// and reconnecting are in the file beside this one.

let broker: Broker;
let peer: NatsConnection;
beforeAll(async () => {
  broker = await startBroker({ monitoring: true });
  peer = await bothConnects[1]![1]({ servers: broker.url });
});
afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

const first = async (subscription: Subscription): Promise<Msg> => {
  for await (const message of subscription) return message;
  throw new Error("no message");
};

describe.each(bothConnects)("%s", (side, connect) => {
  const ours = side.startsWith("our");
  let nc: NatsConnection;
  beforeAll(async () => {
    nc = await connect({ servers: broker.url });
  });
  afterAll(() => nc.close());
  const open = () => connect({ servers: broker.url });
  const inbox = (name: string) => `${ours ? "ours" : "theirs"}.${name}`;

  describe("P: the protocol", () => {
    it("P1: reads what is fed byte by byte, +OKay, extra spaces and lower case", async () => {
      const socket: { feed?: (text: string) => Promise<void> } = {};
      await using server = await startFakeServer(async (client) => {
        await client.greet();
        socket.feed = async (text) => {
          for (const one of text) {
            client.send(one);
            await new Promise(setImmediate);
          }
        };
        await client.answerPings();
      });
      const own = await connect({ servers: server.url });
      const subscription = own.subscribe("a", { max: 2 });
      await own.flush();
      const sid = subscription.getID();
      await socket.feed!(`+OKay\r\nmsg  a   ${sid}  2\r\nhi\r\nMSG a ${sid} r 3\r\nyou\r\n`);
      const got = await all(subscription);
      expect(got.map((m) => `${m.subject} ${m.reply} ${m.string()}`)).toEqual(["a  hi", "a r you"]);
      await own.close();
    });

    it("P3: never overwrites payloads that came before", async () => {
      const subscription = nc.subscribe(inbox("kept"), { max: 2_000 });
      await nc.flush();
      for (let i = 0; i < 2_000; i++) peer.publish(inbox("kept"), `${i} ${"x".repeat(i % 700)}`);
      const got = await all(subscription);
      expect(got.every((m, i) => m.string() === `${i} ${"x".repeat(i % 700)}`)).toBe(true);
    });

    it("P4: dispatches by the number of the subscription, not by the subject", async () => {
      await using server = await startFakeServer(async (client) => {
        await client.greet();
        await client.until("SUB _inbox ");
        const [, sid] = /SUB _inbox (\d+)/.exec(client.received)!;
        client.send(`MSG stored.subject ${sid} 1\r\nx\r\n`);
        await client.answerPings();
      });
      const own = await connect({ servers: server.url });
      expect((await first(own.subscribe("_inbox"))).subject).toBe("stored.subject");
      await own.close();
    });

    it("P6: refuses more than max_payload at once, and goes on", async () => {
      const most = nc.info!.max_payload;
      const message = "InvalidArgumentError: 'payload' max_payload size exceeded";
      const large = new Uint8Array(most + 1);
      expect(thrown(() => nc.publish("large", large))).toBe(message);
      expect(thrown(() => nc.publish("large", "x".repeat(most + 1)))).toBe(message);
      const h = headers();
      h.set("a", "b");
      expect(thrown(() => nc.publish("large", large.subarray(1), { headers: h }))).toBe(message);
      expect(await rejection(nc.request("large", large))).toBe(message);
      const answered = new Promise<string>((resolve) => {
        nc.subscribe(inbox("large"), {
          callback: (_, m) => resolve(thrown(() => m.respond(large))),
        });
      });
      nc.publish(inbox("large"), Empty, { reply: "nobody" });
      expect(await answered).toBe(message);
      await nc.flush();
    });

    it("P7: carries binary payloads, subjects beyond ASCII, and nothing at all", async () => {
      const subscription = nc.subscribe(`${inbox("é")}.*`, { max: 3 });
      await nc.flush();
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      nc.publish(`${inbox("é")}.ü`, bytes);
      nc.publish(`${inbox("é")}.ü`);
      nc.publish(`${inbox("é")}.ü`, "ü");
      const [binary, empty, text] = await all(subscription);
      expect(binary!.subject).toBe(`${inbox("é")}.ü`);
      expect(Buffer.compare(binary!.data, bytes)).toBe(0);
      expect([empty!.data.length, empty!.reply, empty!.headers]).toEqual([0, "", undefined]);
      expect([text!.string(), text!.data.length]).toEqual(["ü", 2]);
    });
  });

  describe("S: subjects", () => {
    it.each(["", " ", "a b", "a\tb", "a\rb", "a\nb", "a\r\nPUB x 0"])(
      "S1: refuses %j as subject and reply, and writes nothing",
      async (subject) => {
        const sent = nc.stats().outMsgs;
        const message = `InvalidSubjectError: illegal subject: '${subject}'`;
        expect(thrown(() => nc.publish(subject))).toBe(message);
        expect(thrown(() => nc.subscribe(subject))).toBe(message);
        expect(await rejection(nc.request(subject))).toBe(message);
        if (subject !== "") {
          expect(thrown(() => nc.publish("a", Empty, { reply: subject }))).toBe(message);
        }
        expect(nc.stats().outMsgs).toBe(sent);
        await nc.flush();
      },
    );
  });

  describe("D: ending", () => {
    it("D1: drain of a subscription delivers what is under way, and gives the same promise twice", async () => {
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

    it("D2: drain of a connection ends it after what is under way", async () => {
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

    it("D3: close settles everything, and later calls say so", async () => {
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

  describe("F: flushing", () => {
    it("F1: flush is a PING and its PONG, and rejects when the connection is lost", async () => {
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

  describe("Q: requests", () => {
    it("Q1: has one inbox for all, with the prefix asked for, which holds no wildcards", async () => {
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

    it.each([{}, { noMux: true }])("Q2: says at once that nobody answers, %j", async (options) => {
      const begin = performance.now();
      const error = await nc
        .request("nobody", Empty, { timeout: 5_000, ...options })
        .catch((cause: unknown) => cause);
      expect(performance.now() - begin).toBeLessThan(1_000);
      expect(described(error)).toBe("RequestError: no responders: 'nobody' <- NoResponders");
      expect(error).toBeInstanceOf(errors.RequestError);
      expect((error as InstanceType<typeof errors.RequestError>).isNoResponders()).toBe(true);
      expect((error as Error).cause).toBeInstanceOf(errors.NoRespondersError);
    });

    it.each([{}, { noMux: true }])(
      "Q3: times out, and forgets the request, %j",
      async (options) => {
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
      },
    );

    it("answers on the reply subject that a request without the inbox names", async () => {
      peer.subscribe(inbox("own"), { callback: (_, m) => void m.respond(m.reply!) });
      await peer.flush();
      const reply = inbox("own.reply");
      const options = { timeout: 1_000, noMux: true, reply };
      const answer = await nc.request(inbox("own"), Empty, options);
      expect([answer.string(), answer.subject]).toEqual([reply, reply]);
    });

    describe.each([{}, { noMux: true }])("Q4: requestMany, %j,", (mux) => {
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

      it("waits for the time", async () => {
        await respond("many", ["a", "b", "c"]);
        expect(await texts("many", { strategy: "timer", maxWait: 100 })).toEqual(["a", "b", "c"]);
      });
      it("counts", async () => {
        await respond("counted", ["a", "b", "c"]);
        const begin = performance.now();
        const options = { strategy: "count", maxMessages: 2, maxWait: 5_000 } as const;
        expect((await texts("counted", options)).slice(0, 2)).toEqual(["a", "b"]);
        expect(performance.now() - begin).toBeLessThan(2_000);
      });
      it("waits until no more come", async () => {
        await respond("stalled", ["a", "b"]);
        const begin = performance.now();
        expect(await texts("stalled", { strategy: "stall", maxWait: 5_000 })).toEqual(["a", "b"]);
        expect(performance.now() - begin).toBeLessThan(2_000);
      });
      it("ends at an empty message, which is delivered", async () => {
        await respond("ended", ["a", "b", ""]);
        expect(await texts("ended", { strategy: "sentinel", maxWait: 5_000 })).toEqual([
          "a",
          "b",
          "",
        ]);
      });
      it("ends at once when nobody answers", async () => {
        expect(await rejection(texts("nobody", { maxWait: 5_000 }))).toBe(
          `NoResponders: no responders: '${asked("nobody")}'`,
        );
      });
    });
  });

  describe("U: subscriptions", () => {
    it("U1: delivers exactly so many, then is closed; the number can be raised", async () => {
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

    it("U2: gives a message to one of a queue group, and to every plain subscription", async () => {
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

    it("U3: times out without a first message, and not with one", async () => {
      const loop = nc.subscribe(inbox("u3"), { timeout: 30 });
      expect(await rejection(all(loop))).toBe("TimeoutError: timeout");
      const called = await new Promise((resolve) => {
        nc.subscribe(inbox("u3"), { timeout: 30, callback: (error) => resolve(error) });
      });
      expect(called).toBeInstanceOf(errors.TimeoutError);
      const kept = nc.subscribe(inbox("u3.kept"), { timeout: 60 });
      nc.publish(inbox("u3.kept"));
      const got = all(kept);
      // One that began later is timed out by now, and the first would have been.
      expect(await rejection(all(nc.subscribe(inbox("u3.late"), { timeout: 60 })))).toBe(
        "TimeoutError: timeout",
      );
      await kept.drain();
      expect(await got).toHaveLength(1);
    });

    it("U4: is either called or looped over; leaving the loop unsubscribes", async () => {
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

    it("U5: tells once of more waiting messages than asked for, and again after they were fewer", async () => {
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

  describe("H: headers", () => {
    it("H1: are case-sensitive, with several values, and refuse what cannot be carried", async () => {
      const h = headers();
      h.append("Key", "one");
      h.append("Key", "two");
      h.append("key", "three");
      h.set("trimmed", "  x ");
      const subscription = nc.subscribe(inbox("h1"), { max: 1 });
      nc.publish(inbox("h1"), "body", { headers: h });
      const m = await first(subscription);
      expect(m.headers!.values("Key")).toEqual(["one", "two"]);
      expect(m.headers!.values("KEY", Match.IgnoreCase)).toEqual(["one", "two", "three"]);
      expect([m.headers!.get("key"), m.headers!.last("Key"), m.headers!.get("trimmed")]).toEqual([
        "three",
        "two",
        "x",
      ]);
      expect([m.string(), m.data.length, m.headers!.hasError]).toEqual(["body", 4, false]);
      for (const [name, value] of [
        ["a b", "x"],
        ["a:b", "x"],
        ["a", "x\r\ny"],
      ] as const) {
        expect(thrown(() => h.set(name, value))).toMatch(/^InvalidArgumentError: 'header'/);
      }
    });

    it("H2: carry a status, and lines without a colon are passed over", async () => {
      const block = "NATS/1.0 503 Not  Here\r\nnothing\r\nk:  v \r\n\r\n";
      await using server = await startFakeServer(async (client) => {
        await client.greet();
        await client.until("SUB h ");
        const [, sid] = /SUB h (\d+)/.exec(client.received)!;
        client.send(`HMSG h ${sid} ${block.length} ${block.length + 2}\r\n${block}hi\r\n`);
        await client.answerPings();
      });
      const own = await connect({ servers: server.url });
      const m = await first(own.subscribe("h"));
      expect([m.headers!.code, m.headers!.description, m.headers!.hasError]).toEqual([
        503,
        "Not  Here",
        true,
      ]);
      expect([m.headers!.keys(), m.headers!.get("k"), m.string()]).toEqual([["k"], "v", "hi"]);
      await own.close();
    });

    it("sends no empty headers, and a status that is set", async () => {
      let received = "";
      await using server = await startFakeServer(async (client) => {
        await client.greet();
        await client.until("PING\r\n", 2);
        received = client.received;
        client.send("PONG\r\n");
      });
      const own = await connect({ servers: server.url });
      if (ours) own.publish("empty", "x", { headers: headers() });
      own.publish("status", "x", { headers: headers(404, "gone") });
      own.publish("traced", "x", { traceOnly: true, traceDestination: "there" });
      await own.flush();
      if (ours) expect(received).toMatch(/\r\nPUB empty 1 *\r\nx\r\n/);
      expect(received).toMatch(/HPUB status 21 22 *\r\nNATS\/1\.0 404 gone\r\n\r\nx\r\n/);
      expect(received).toContain("Nats-Trace-Only: true\r\nNats-Trace-Dest: there\r\n\r\nx\r\n");
      await own.close();
    });
  });

  it("X1: counts what the server counts", async () => {
    const own = await open();
    own.subscribe(inbox("x1"), { callback: () => {} });
    const h = headers();
    h.set("k", "v");
    for (let i = 0; i < 100; i++) {
      own.publish(inbox("x1"), "é".repeat(i));
      own.publish(inbox("x1"), new Uint8Array(i), { headers: h });
    }
    await own.flush();
    const { connections } = (await (
      await fetch(`${broker.monitoringUrl}/connz?cid=${own.info!.client_id}`)
    ).json()) as {
      connections: Record<"in_msgs" | "in_bytes" | "out_msgs" | "out_bytes", number>[];
    };
    const [seen] = connections;
    expect(own.stats()).toEqual({
      outMsgs: seen!.in_msgs,
      outBytes: seen!.in_bytes,
      inMsgs: seen!.out_msgs,
      inBytes: seen!.out_bytes,
    });
    expect(own.stats().outMsgs).toBe(200);
    await own.close();
  });

  it("passes messages on, and answers them, as they are", async () => {
    const subscription = nc.subscribe(inbox("passed"), { max: 1 });
    const h = headers();
    h.set("k", "v");
    const message = { subject: inbox("passed"), reply: "back", data: Buffer.from("x"), headers: h };
    nc.publishMessage(message as unknown as Msg);
    const m = await first(subscription);
    expect([m.reply, m.string(), m.headers?.get("k")]).toEqual(["back", "x", "v"]);
    const back = nc.subscribe("back", { max: 2 });
    expect(nc.respondMessage(m)).toBe(true);
    expect(m.respond("y")).toBe(true);
    expect((await all(back)).map((one) => one.string())).toEqual(["x", "y"]);
    expect(nc.respondMessage({ ...message, reply: "" } as unknown as Msg)).toBe(false);
  });
});

describe("our connection, where the official one fails", () => {
  const [, connect] = bothConnects[0]!;

  it("S2: refuses a queue group with white space, which makes the server end the connection", async () => {
    const nc = await connect({ servers: broker.url });
    for (const queue of ["a b", "a\r\nPING", "\t"]) {
      expect(thrown(() => nc.subscribe("s2", { queue }))).toMatch(/^InvalidArgumentError: 'queue'/);
    }
    await nc.flush();
    await nc.close();
  });

  it("D4: close delivers what was published before", async () => {
    const subscription = peer.subscribe("d4", { max: 1_000 });
    await peer.flush();
    const nc = await connect({ servers: broker.url });
    for (let i = 0; i < 1_000; i++) nc.publish("d4", String(i));
    await nc.close();
    expect((await all(subscription)).at(-1)!.string()).toBe("999");
  });

  it("D5: a callback that throws or rejects disturbs nobody, and the status tells of it", async () => {
    const nc = await connect({ servers: broker.url });
    const status = new StatusLog(nc);
    const got: string[] = [];
    nc.subscribe("d5", {
      callback(_, m) {
        got.push(m.string());
        if (m.string() === "1") throw new Error("thrown");
        if (m.string() === "2") return Promise.reject(new Error("rejected"));
        return undefined;
      },
    });
    for (const text of ["1", "2", "3"]) nc.publish("d5", text);
    await nc.flush();
    await status.until("error", 2);
    expect(got).toEqual(["1", "2", "3"]);
    const told = status.all.map((one) => (one.type === "error" ? one.error.message : one.type));
    expect(told).toEqual(["thrown", "rejected"]);
    await nc.close();
  });

  it("D5: prints what a callback throws where nobody asked for the status", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const nc = await connect({ servers: broker.url });
    nc.subscribe("d5", {
      callback() {
        throw new Error("thrown");
      },
    });
    nc.publish("d5");
    await nc.flush();
    await nc.close();
    expect(printed.mock.calls.map(([error]) => described(error))).toEqual([
      'HandlerError: The handler of "d5" failed: thrown <- Error',
    ]);
    printed.mockRestore();
  });

  it("D3: the status of a closed connection has an end", async () => {
    const nc = await connect({ servers: broker.url });
    await nc.close();
    expect(await all(nc.status())).toEqual([]);
  });

  it("S1: refuses subjects that are too long for the server, which ends the connection for them", async () => {
    const nc = await connect({ servers: broker.url });
    const long = `a.*.${"x".repeat(5_000)}`;
    for (const subject of [long, long.replace("*", "b")]) {
      expect(thrown(() => nc.publish(subject))).toMatch(/^InvalidSubjectError/);
      expect(thrown(() => nc.subscribe(subject))).toMatch(/^InvalidSubjectError/);
      expect(await rejection(nc.request(subject))).toMatch(/^InvalidSubjectError/);
    }
    await nc.flush();
    await nc.close();
  });

  it("H1: refuses what is no headers, which would stand in the protocol as it is", async () => {
    const nc = await connect({ servers: broker.url });
    const got: string[] = [];
    nc.subscribe("h1.*", { callback: (_, message) => void got.push(message.string()) });
    for (const wrong of [5, "A: b", { A: "b" }]) {
      const options = { headers: wrong as unknown as MsgHdrs };
      const refused = /^InvalidArgumentError: 'headers'/;
      expect(thrown(() => nc.publish("h1.x", "bad", options))).toMatch(refused);
      expect(thrown(() => nc.publish("h1.*", "bad", options))).toMatch(refused);
      await expect(nc.request("h1.x", "bad", { timeout: 500, ...options })).rejects.toThrow(
        "'headers'",
      );
    }
    nc.publish("h1.x", "good", { headers: headers(503, "Gone") });
    await nc.flush();
    expect(got).toEqual(["good"]);
    await nc.close();
  });

  it("H3: refuses headers that the server does not understand", async () => {
    const info = PLAIN_INFO.replace('"headers":true', '"headers":false');
    await using server = await startFakeServer(async (client) => {
      await client.greet(info);
      await client.answerPings();
    });
    const nc = await connect({ servers: server.url });
    const h = headers();
    h.set("k", "v");
    expect(thrown(() => nc.publish("h3", "x", { headers: h }))).toBe(
      "InvalidArgumentError: 'headers' are not available on this server",
    );
    expect(thrown(() => nc.publish("h3.*", "x", { headers: h }))).toMatch(/^InvalidArgumentError/);
    await nc.close();
  });
});
