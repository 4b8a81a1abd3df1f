import { NatsConnection } from "alternats";
import { type AppendInDoubtError, append, appendBatch } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { refusal, startFakeStream } from "../support/fake-stream.js";
import { nextEvent } from "../support/next-event.js";
import { rejectionOf, within } from "../support/settled.js";
import { hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };
const stored = (seq: number, duplicate = false) => ({ stream: "GAME", seq, duplicate });

/** A first copy is being replicated: the message may be stored yet. */
const UNDER_WAY = refusal(10158, 409, "duplicate message id is in process");
/** Answers after which the message is certainly not stored. */
const TEMPORARY = [
  ["10008, no leader yet", refusal(10008, 503, "JetStream system temporarily unavailable")],
  ["10167, too many requests", refusal(10167, 429, "too many requests")],
  ["10118, the stream is offline", refusal(10118, 500, "stream is offline")],
  ["10009, not the leader", refusal(10009, 500, "JetStream cluster can not handle request")],
] as const;

// Most of them wait for a stream that is not there.
describe.concurrent("append with a message id", () => {
  it("goes on while its first copy is under way, and says that it is stored", async () => {
    const begun = performance.now();
    await using stream = await startFakeStream("game.>", () =>
      performance.now() - begun < 3_000 ? UNDER_WAY : stored(7, true),
    );
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const appended = append(nats, hit, params, { n: 1 }, { messageId: "m1", timeout: 20_000 });
    expect(await appended).toEqual({ stream: "GAME", sequence: 7, duplicate: true });
    // Asked again now and then, not all the time.
    expect(stream.appends.length).toBeLessThan(30);
  });

  it.each(TEMPORARY)("goes on while the answer is temporary (%s)", async (_, answer) => {
    const begun = performance.now();
    await using stream = await startFakeStream("game.>", () =>
      performance.now() - begun < 2_000 ? answer : stored(1),
    );
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const appended = append(nats, hit, params, { n: 1 }, { messageId: "m1", timeout: 20_000 });
    expect(await appended).toMatchObject({ sequence: 1 });
  });

  it("goes on while nobody answers for the stream, which is there", async () => {
    let names = 0;
    await using broker = await startBroker();
    await using other = new NatsConnection({ servers: broker.url });
    await other.respond("$JS.API.STREAM.NAMES", () => {
      names++;
      return { type: "io.nats.jetstream.api.v1.stream_names_response", streams: ["GAME"] };
    });
    await using nats = new NatsConnection({ servers: broker.url });
    const appended = append(nats, hit, params, { n: 1 }, { messageId: "m1", timeout: 20_000 });
    // Longer than two retries of a quarter of a second.
    await expect.poll(() => names, { timeout: 5_000 }).toBeGreaterThan(0);
    await other.respond("game.>", () => stored(1));
    expect(await appended).toMatchObject({ sequence: 1 });
  });

  it("is in doubt when its first copy is under way until the end", async () => {
    await using stream = await startFakeStream("game.>", () => UNDER_WAY);
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const error = await within(
      4_000,
      rejectionOf(append(nats, hit, params, { n: 1 }, { messageId: "m1", timeout: 1_000 })),
      "append()",
    );
    expect(error).toMatchObject({ code: "APPEND_IN_DOUBT", cause: { errorCode: 10158 } });
    expect(String(error)).toContain("messageId");
  });
});

describe.concurrent("append without a message id of the caller", () => {
  it("sends an id that nobody can guess, another one with each message", async () => {
    await using stream = await startFakeStream("game.>", () => stored(1));
    await using nats = new NatsConnection({ servers: stream.broker.url });
    for (const n of numbers(3)) await append(nats, hit, params, { n });
    const messages = numbers(3).map((n) => ({ params, message: { n } }));
    for await (const { error } of appendBatch(nats, hit, messages)) expect(error).toBeUndefined();
    const ids = stream.appends.map(({ id }) => id);
    expect(new Set(ids).size).toBe(6);
    // 22 letters and digits: more than 128 bits.
    for (const id of ids) expect(id).toMatch(/^[\dA-Za-z]{22}$/);
    // The later of two ids has nothing of the earlier.
    expect(new Set(ids.map((id) => id.slice(0, 8))).size).toBe(6);
  });

  it("is sent again with the same id, and goes on where the stream has the first copy", async () => {
    await using stream = await startFakeStream("game.>", ({ times }) =>
      times === 1 ? undefined : stored(7, true),
    );
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const appended = await append(nats, hit, params, { n: 1 }, { timeout: 20_000 });
    expect(appended).toEqual({ stream: "GAME", sequence: 7, duplicate: true });
    const batch = appendBatch(nats, hit, [{ params, message: { n: 2 } }], { timeout: 20_000 });
    expect((await batch.next()).value?.appended).toMatchObject({ sequence: 7, duplicate: true });
    const ids = stream.appends.map(({ id }) => id);
    expect(ids).toEqual([ids[0], ids[0], ids[2], ids[2]]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it("rejects if the stream has its id before it was sent", async () => {
    await using stream = await startFakeStream("game.>", () => stored(7, true));
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const taken = { code: "MESSAGE_ID_TAKEN" };
    await expect(append(nats, hit, params, { n: 1 })).rejects.toMatchObject(taken);
    const batch = appendBatch(nats, hit, [{ params, message: { n: 2 } }]);
    expect((await batch.next()).value?.error).toMatchObject(taken);
    expect(stream.appends).toHaveLength(2);
  });

  it("names the random id in doubt, so that the program can go on", async () => {
    let silent = true;
    await using stream = await startFakeStream("game.>", () =>
      silent ? undefined : stored(7, true),
    );
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const error = await rejectionOf(append(nats, hit, params, { n: 1 }, { timeout: 500 }));
    const { messageId } = error as AppendInDoubtError;
    expect(messageId).toBe(stream.appends[0]?.id);
    silent = false;
    const again = await append(nats, hit, params, { n: 1 }, { messageId: messageId ?? "" });
    expect(again).toEqual({ stream: "GAME", sequence: 7, duplicate: true });
  });

  it("takes the id from the header Nats-Msg-Id, and sends none with `messageId: false`", async () => {
    await using stream = await startFakeStream("game.>", () => stored(1));
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const headers = { "Nats-Msg-Id": "mine" };
    await append(nats, hit, params, { n: 1 }, { headers });
    await append(nats, hit, params, { n: 1 }, { headers, messageId: "given" });
    await append(nats, hit, params, { n: 1 }, { headers, messageId: false });
    await append(nats, hit, params, { n: 1 }, { messageId: false });
    expect(stream.appends.map(({ id }) => id)).toEqual(["mine", "given", "", ""]);
  });

  it.each(["", "  ", 7, null])("rejects %j as an id", async (messageId) => {
    await using nats = new NatsConnection();
    const appended = append(nats, hit, params, { n: 1 }, { messageId: messageId as string });
    await expect(appended).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe.concurrent("append that fails", () => {
  it.each(TEMPORARY)(
    "with a temporary answer until the end is certainly not stored, and says so by name (%s)",
    async (_, answer) => {
      await using stream = await startFakeStream("game.>", () => answer);
      await using nats = new NatsConnection({ servers: stream.broker.url });
      const error = await within(
        4_000,
        rejectionOf(append(nats, hit, params, { n: 1 }, { messageId: "m1", timeout: 1_000 })),
        "append()",
      );
      expect(error).toMatchObject({ code: "JETSTREAM_UNAVAILABLE" });
    },
  );

  it("with a temporary answer is in doubt all the same where an earlier attempt was not answered", async () => {
    await using stream = await startFakeStream("game.>", ({ times }) =>
      times === 1 ? undefined : TEMPORARY[0][1],
    );
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const error = await rejectionOf(
      append(nats, hit, params, { n: 1 }, { messageId: "m1", timeout: 4_000 }),
    );
    expect(stream.appends.length).toBeGreaterThan(1);
    expect(error).toMatchObject({ code: "APPEND_IN_DOUBT" });
  });

  it.each([
    ["with an id", { messageId: "m1" }],
    ["with a random id", {}],
    ["without an id", { messageId: false as const }],
  ])("since no answer comes is in doubt (%s)", async (_, options) => {
    await using stream = await startFakeStream("game.>", () => undefined);
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const error = await rejectionOf(
      append(nats, hit, params, { n: 1 }, { ...options, timeout: 500 }),
    );
    expect(error).toMatchObject({ code: "APPEND_IN_DOUBT", cause: { code: "TIMEOUT" } });
    expect(error).toMatchObject({ name: "AppendInDoubtError" });
  });

  it("since the connection is lost is in doubt without an id, and is not sent again", async () => {
    await using stream = await startFakeStream("game.>", () => undefined);
    await using nats = new NatsConnection({
      servers: stream.broker.url,
      reconnectWait: 20,
      onError: () => {},
    });
    await nats.connect();
    const appended = rejectionOf(
      append(nats, hit, params, { n: 1 }, { messageId: false, timeout: 10_000 }),
    );
    await expect.poll(() => stream.appends.length).toBe(1);
    const opened = nextEvent(nats, "opened");
    await stream.broker.restart("SIGKILL");
    expect(await appended).toMatchObject({
      code: "APPEND_IN_DOUBT",
      cause: { code: "DISCONNECTED" },
    });
    await opened;
    expect(stream.appends).toHaveLength(1);
  });

  it("since the connection is closed is in doubt when it had been sent", async () => {
    await using stream = await startFakeStream("game.>", () => undefined);
    const nats = new NatsConnection({ servers: stream.broker.url });
    const appended = rejectionOf(append(nats, hit, params, { n: 1 }, { messageId: "m1" }));
    await expect.poll(() => stream.appends.length).toBe(1);
    await nats.close();
    expect(await appended).toMatchObject({ code: "APPEND_IN_DOUBT" });
  });

  it("since the server refuses it is not in doubt", async () => {
    await using stream = await startFakeStream("game.>", () =>
      refusal(10077, 503, "maximum messages exceeded"),
    );
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const error = await rejectionOf(append(nats, hit, params, { n: 1 }, { messageId: "m1" }));
    expect(error).toMatchObject({ code: "STREAM_FULL" });
  });

  it.each([
    [10122, "stream max bytes exceeds account limit max stream bytes"],
    [10123, "can not move and scale a stream in a single update"],
  ])("of a stream's configuration are not called a full storage (%i)", async (code, text) => {
    await using stream = await startFakeStream("game.>", () => refusal(code, 400, text));
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const error = await rejectionOf(append(nats, hit, params, { n: 1 }));
    expect(error).toMatchObject({ code: "JETSTREAM", errorCode: code, description: text });
  });
});

describe.concurrent('"no stream keeps this subject"', () => {
  it("is said when the server has answered so", async () => {
    await using stream = await startFakeStream(
      "elsewhere",
      () => undefined,
      () => ({ streams: null, total: 0 }),
    );
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const error = await rejectionOf(append(nats, hit, params, { n: 1 }, { timeout: 20_000 }));
    expect(error).toMatchObject({ code: "NO_STREAM" });
    expect(stream.asked).toBeGreaterThan(0);
  });

  it("is not said while the server does not answer that", async () => {
    await using stream = await startFakeStream(
      "elsewhere",
      () => undefined,
      () => undefined,
    );
    await using nats = new NatsConnection({ servers: stream.broker.url, requestTimeout: 500 });
    const error = await within(
      6_000,
      rejectionOf(append(nats, hit, params, { n: 1 }, { messageId: "m1", timeout: 3_000 })),
      "append()",
    );
    expect(error).toMatchObject({ code: "JETSTREAM_UNAVAILABLE" });
  });

  it("is not said of a stream that the server names: it has no leader", async () => {
    await using stream = await startFakeStream("elsewhere", () => undefined);
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const error = await within(
      6_000,
      rejectionOf(append(nats, hit, params, { n: 1 }, { messageId: "m1", timeout: 2_000 })),
      "append()",
    );
    expect(error).toMatchObject({ code: "JETSTREAM_UNAVAILABLE" });
  });
});

describe.concurrent("appendBatch with message ids", () => {
  const items = numbers(50).map((n) => ({ params, message: { n }, messageId: `m${n}` }));

  it("goes on while first copies are under way, in order, and says that all are stored", async () => {
    const begun = performance.now();
    let sequence = 0;
    const sequences = new Map<string, number>();
    await using stream = await startFakeStream("game.>", ({ id }) => {
      if (!sequences.has(id)) sequences.set(id, ++sequence);
      return performance.now() - begun < 3_000 ? UNDER_WAY : stored(sequences.get(id)!, true);
    });
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const results: number[] = [];
    for await (const { appended, error } of appendBatch(nats, hit, items, { timeout: 20_000 })) {
      expect(error).toBeUndefined();
      results.push(appended!.sequence);
    }
    expect(results).toEqual(numbers(50));
    expect(sequence).toBe(50);
  });

  it("says of each that is not answered that it is in doubt, with or without an id", async () => {
    await using stream = await startFakeStream("game.>", () => undefined);
    await using nats = new NatsConnection({ servers: stream.broker.url });
    const mixed = numbers(10).map((n) => ({
      params,
      message: { n },
      messageId: n % 2 === 0 && `m${n}`,
    }));
    for await (const { error } of appendBatch(nats, hit, mixed, { timeout: 500 })) {
      expect(error).toMatchObject({ code: "APPEND_IN_DOUBT" });
    }
  });

  it("says of those that were refused for the time being that they are not stored", async () => {
    await using stream = await startFakeStream("game.>", () => TEMPORARY[0][1]);
    await using nats = new NatsConnection({ servers: stream.broker.url });
    for await (const { error } of appendBatch(nats, hit, items, { timeout: 1_000 })) {
      expect(error).toMatchObject({ code: "JETSTREAM_UNAVAILABLE" });
    }
  });
});
