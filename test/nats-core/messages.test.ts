import { Empty, headers, Match, type Msg } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { startFakeServer } from "../support/fake-server.js";
import { broker, first, nc, onBothSides, peer } from "./both-sides.js";
import { all, rejection, thrown } from "./support.js";

onBothSides(({ connect, ours, open, inbox }) => {
  describe("the protocol", () => {
    it("reads protocol fed byte by byte, +OKay, extra spaces and lower case", async () => {
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

    it("never overwrites earlier payloads", async () => {
      const subscription = nc.subscribe(inbox("kept"), { max: 2_000 });
      await nc.flush();
      for (let i = 0; i < 2_000; i++) peer.publish(inbox("kept"), `${i} ${"x".repeat(i % 700)}`);
      const got = await all(subscription);
      expect(got.every((m, i) => m.string() === `${i} ${"x".repeat(i % 700)}`)).toBe(true);
    });

    it("dispatches by the number of the subscription, not by the subject", async () => {
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

    it("rejects more than max_payload at once, and continues", async () => {
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

    it("carries binary payloads, subjects beyond ASCII, and empty payloads", async () => {
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

  describe("subjects", () => {
    it.each(["", " ", "a b", "a\tb", "a\rb", "a\nb", "a\r\nPUB x 0"])(
      "rejects %j as subject and reply, and writes nothing",
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

  describe("headers", () => {
    it("are case-sensitive, with several values, and reject invalid ones", async () => {
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

    it("carry a status, and lines without a colon are skipped", async () => {
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

    it("are not sent if empty, and are sent with a status", async () => {
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

  it("counts what the server counts", async () => {
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

  it("forwards messages, and answers them, unchanged", async () => {
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
