import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { InvalidArgumentError, NatsConnection, PermissionViolationError } from "alternats";
import {
  append,
  appendBatch,
  ensureStreams,
  JetStreamOffError,
  NoStreamError,
  StreamFullError,
  WrongLastError,
} from "alternats/jetstream";
import { bytes, channel, type NoParams, subject } from "alternats/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { game, type Hit, hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };

/** Content of a stream, from the official client. */
async function stored(url: string, stream: string): Promise<{ subject: string; text: string }[]> {
  const peer = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(peer);
    const { state } = await manager.streams.info(stream);
    const found: { subject: string; text: string }[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await manager.streams.getMessage(stream, { seq });
      if (message) found.push({ subject: message.subject, text: message.string() });
    }
    return found;
  } finally {
    await peer.close();
  }
}

describe("appending", () => {
  let broker: Broker;
  let nats: NatsConnection;

  beforeAll(async () => {
    broker = await startBroker({ jetStream: true });
    nats = new NatsConnection({ servers: broker.url, reconnectWait: 20 });
    await ensureStreams(nats, [game]);
  });

  afterAll(async () => {
    await nats.close();
    await broker[Symbol.asyncDispose]();
  });

  it("returns the stream and the sequence of the stored message", async () => {
    const first = await append(nats, hit, params, { n: 1 });
    const second = await append(nats, hit, hit.subject.at(params), { n: 2 });
    expect(first).toEqual({ stream: "GAME", sequence: 1, duplicate: false });
    expect(second.sequence).toBe(2);
    expect(await stored(broker.url, "GAME")).toEqual([
      { subject: "game.eu-1.7.hit", text: '{"n":1}' },
      { subject: "game.eu-1.7.hit", text: '{"n":2}' },
    ]);
  });

  it("stores a message once by its id, and reports the duplicate", async () => {
    const first = await append(nats, hit, params, { n: 3 }, { messageId: "three" });
    const again = await append(nats, hit, params, { n: 3 }, { messageId: "three" });
    expect(again).toEqual({ stream: "GAME", sequence: first.sequence, duplicate: true });
  });

  it("is not silenced by somebody who uses up guessable ids, and says so of its own", async () => {
    const peer = await connect({ servers: broker.url });
    for (const n of numbers(100)) {
      await jetstream(peer).publish("game.eu-1.7.hit", '{"n":0}', { msgID: `eu-1-${n}` });
    }
    await peer.close();
    const before = (await stored(broker.url, "GAME")).length;
    for (const n of numbers(100)) {
      expect((await append(nats, hit, params, { n })).duplicate).toBe(false);
    }
    expect(await stored(broker.url, "GAME")).toHaveLength(before + 100);
    // A program that appends again after a crash goes on.
    const mine = await append(nats, hit, params, { n: 1 }, { messageId: "eu-1-1" });
    expect(mine.duplicate).toBe(true);
  });

  it("rejects a message if the stream's last sequence is not the expected one", async () => {
    const { sequence } = await append(nats, hit, params, { n: 4 });
    const wrong = append(nats, hit, params, { n: 5 }, { expect: { lastSequence: sequence - 1 } });
    await expect(wrong).rejects.toMatchObject({ code: "WRONG_LAST", lastSequence: sequence });
    const right = await append(nats, hit, params, { n: 5 }, { expect: { lastSequence: sequence } });
    expect(right.sequence).toBe(sequence + 1);
    expect((await stored(broker.url, "GAME")).slice(-2).map(({ text }) => text)).toEqual([
      '{"n":4}',
      '{"n":5}',
    ]);
  });

  it("checks the expected sequence by subject if requested", async () => {
    const other = { server: "eu-1", player: "first-time" };
    const expected = { expect: { lastSubjectSequence: 0 } };
    const { sequence } = await append(nats, hit, other, { n: 1 }, expected);
    const wrong = append(nats, hit, other, { n: 2 }, expected);
    await expect(wrong).rejects.toThrow(WrongLastError);
    const next = { expect: { lastSubjectSequence: sequence } };
    expect((await append(nats, hit, other, { n: 2 }, next)).sequence).toBeGreaterThan(sequence);
  });

  it("rejects a message if another stream stores the subject, or another message was last", async () => {
    const stream = append(nats, hit, params, { n: 6 }, { expect: { stream: "OTHER" } });
    await expect(stream).rejects.toThrow(NoStreamError);
    const id = append(nats, hit, params, { n: 6 }, { expect: { lastMessageId: "nobody" } });
    await expect(id).rejects.toThrow(WrongLastError);
  });

  it("names a subject that no stream stores", async () => {
    const lost = channel<NoParams, Uint8Array>(subject("nobody.keeps.this"), bytes());
    const failure = append(nats, lost, new Uint8Array(3));
    await expect(failure).rejects.toMatchObject({ code: "NO_STREAM" });
    await expect(failure).rejects.toThrow('"nobody.keeps.this"');
  });

  it("reports an answer that is not from a stream", async () => {
    const odd = channel<NoParams, Uint8Array>(subject("odd.responder"), bytes());
    const responder = await nats.listen("odd.responder", ({ reply }) => {
      nats.post(reply!, "I am no stream");
    });
    // A stream may have stored it as well.
    await expect(append(nats, odd, new Uint8Array(1))).rejects.toMatchObject({
      code: "APPEND_IN_DOUBT",
      cause: { code: "JETSTREAM", message: expect.stringContaining("not from a stream") },
    });
    responder.unsubscribe();
  });

  it("sends a message with an id again if no answer comes, as after a leader's death", async () => {
    const silent = channel<NoParams, Uint8Array>(subject("silent.first"), bytes());
    const peer = await connect({ servers: broker.url });
    try {
      const heard: (string | undefined)[] = [];
      peer.subscribe("silent.first", {
        callback: (_, message) => {
          const id = message.headers?.get("Nats-Msg-Id");
          if (heard.includes(id))
            message.respond(JSON.stringify({ stream: "S", seq: heard.length }));
          heard.push(id);
        },
      });
      await peer.flush();
      const payload = new Uint8Array(1);
      const stored = append(nats, silent, payload, { messageId: "a" });
      const given: unknown[] = [];
      const items = [{ message: payload, messageId: "b" }];
      for await (const { appended } of appendBatch(nats, silent, items)) given.push(appended);
      expect(given).toEqual([{ stream: "S", sequence: 3, duplicate: false }]);
      expect(await stored).toEqual({ stream: "S", sequence: 2, duplicate: false });
      expect(heard).toEqual(["a", "b", "a", "b"]);
      const unknown = append(nats, silent, payload, { timeout: 50 });
      await expect(unknown).rejects.toThrow("50 ms");
    } finally {
      await peer.close();
    }
  });

  it("reports a full stream that discards new messages", async () => {
    const config = { name: "SMALL", subjects: ["small"], maxMessages: 2, discard: "new" } as const;
    await ensureStreams(nats, [{ config }]);
    const small = channel<NoParams, Uint8Array>(subject("small"), bytes());
    const payload = new Uint8Array(1);
    await append(nats, small, payload);
    await append(nats, small, payload);
    await expect(append(nats, small, payload)).rejects.toThrow(StreamFullError);
    expect(await stored(broker.url, "SMALL")).toHaveLength(2);
  });

  it("reports a full account, which has stored exactly the acknowledged messages", async () => {
    await using own = await startBroker({
      jetStream: true,
      config: "jetstream { max_file_store: 1MB }",
    });
    await using client = new NatsConnection({ servers: own.url });
    await ensureStreams(client, [{ config: { name: "WIDE", subjects: ["wide"] } }]);
    const wide = channel<NoParams, Uint8Array>(subject("wide"), bytes());
    const payload = new Uint8Array(100_000);
    let acknowledged = 0;
    let failure: unknown;
    while (failure === undefined && acknowledged < 100) {
      await append(client, wide, payload).then(
        () => acknowledged++,
        (error: unknown) => {
          failure = error;
        },
      );
    }
    expect(failure).toBeInstanceOf(StreamFullError);
    expect(acknowledged).toBeGreaterThan(5);
    expect(await stored(own.url, "WIDE")).toHaveLength(acknowledged);
  });

  it("appends a batch in order and yields each result in the order of the items", async () => {
    const config = { name: "BATCH", subjects: ["batch.*"] };
    await ensureStreams(nats, [{ config }]);
    const batch = channel<NoParams, Uint8Array>(subject("batch.a"), bytes());
    const items = numbers(1_000).map((n) => ({
      n,
      message: Buffer.from(String(n)),
      messageId: String(n % 900),
    }));
    const told: number[] = [];
    let duplicates = 0;
    for await (const { item, appended, error } of appendBatch(nats, batch, items, {
      inFlight: 64,
    })) {
      expect(error).toBeUndefined();
      told.push(item.n);
      if (appended?.duplicate) duplicates++;
    }
    expect(told).toEqual(numbers(1_000));
    expect(duplicates).toBe(100);
    expect((await stored(broker.url, "BATCH")).map(({ text }) => Number(text))).toEqual(
      numbers(900),
    );
  });

  it("reports which items of a batch failed, and stores the others", async () => {
    const items = async function* () {
      yield { params, message: { n: 100 } };
      yield { params: { server: "a.b", player: "7" }, message: { n: 101 } };
      yield { params, message: { n: 102 }, expect: { lastSequence: 1 } };
      yield { params, message: { n: 103 } };
    };
    const codes: (string | undefined)[] = [];
    for await (const { error } of appendBatch(nats, hit, items())) {
      codes.push((error as { code?: string } | undefined)?.code);
    }
    expect(codes).toEqual([undefined, "INVALID_PARAMETER", "WRONG_LAST", undefined]);
  });

  it("throws what the iterable of items throws, after the results of earlier items", async () => {
    const items = function* () {
      yield { params, message: { n: 200 } };
      throw new RangeError("no more");
    };
    const batch = appendBatch(nats, hit, items());
    expect((await batch.next()).value).toHaveProperty("appended.stream", "GAME");
    await expect(batch.next()).rejects.toThrow("no more");
    expect(() => appendBatch(nats, hit, [], { inFlight: 0 })).toThrow(InvalidArgumentError);
  });

  it("stores each message once, in order, while the server is killed and restarted", async () => {
    await using own = await startBroker({ jetStream: true });
    await using client = new NatsConnection({
      servers: own.url,
      reconnectWait: 20,
      onError: () => {},
    });
    await ensureStreams(client, [game]);
    const items = function* () {
      for (const n of numbers(3_000)) yield { params, message: { n }, messageId: `m${n}` };
    };
    let acknowledged = 0;
    let restarts = Promise.resolve();
    for await (const { appended, error } of appendBatch(client, hit, items(), {
      timeout: 10_000,
    })) {
      expect(error).toBeUndefined();
      if (appended !== undefined) acknowledged++;
      if (acknowledged === 500 || acknowledged === 1_800) {
        restarts = restarts.then(() => own.restart("SIGKILL"));
      }
    }
    await restarts;
    expect(acknowledged).toBe(3_000);
    const texts = (await stored(own.url, "GAME")).map(({ text }) => (JSON.parse(text) as Hit).n);
    expect(texts).toEqual(numbers(3_000));
  });

  it("keeps the order if the server dies while messages wait to be sent", async () => {
    await using own = await startBroker({ jetStream: true });
    await using client = new NatsConnection({
      servers: own.url,
      reconnectWait: 20,
      onError: () => {},
    });
    const config = { name: "LARGE", subjects: ["large"] };
    await ensureStreams(client, [{ config }]);
    const large = channel<NoParams, Uint8Array>(subject("large"), bytes());
    // More than sockets take from one who does not read.
    const items = numbers(256).map((n) => ({
      message: Buffer.alloc(100_000, String(n).padEnd(4)),
      messageId: String(n),
    }));
    await own.pause();
    const told = (async () => {
      const sequences: (number | undefined)[] = [];
      for await (const { appended } of appendBatch(client, large, items, { timeout: 20_000 })) {
        sequences.push(appended?.sequence);
      }
      return sequences;
    })();
    await expect.poll(() => client.getStats().pendingBytes).toBeGreaterThan(1_000_000);
    await own.restart("SIGKILL");
    expect(await told).toEqual(numbers(256));
    expect((await stored(own.url, "LARGE")).map(({ text }) => Number(text.slice(0, 4)))).toEqual(
      numbers(256),
    );
  });

  it("reports without an id that it is unknown if a message was stored", async () => {
    await using own = await startBroker({ jetStream: true });
    await using client = new NatsConnection({
      servers: own.url,
      reconnectWait: 20,
      onError: () => {},
    });
    await ensureStreams(client, [game]);
    await own.pause();
    const plain = append(client, hit, params, { n: 1 }, { messageId: false });
    const named = append(client, hit, params, { n: 2 }, { messageId: "two", timeout: 10_000 });
    plain.catch(() => {});
    await new Promise(setImmediate);
    await own.restart("SIGKILL");
    await expect(plain).rejects.toMatchObject({
      code: "APPEND_IN_DOUBT",
      cause: { code: "DISCONNECTED" },
    });
    expect((await named).duplicate).toBe(false);
  });
});

describe("appending if it is not possible", () => {
  it("reports that JetStream is disabled", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url });
    // Both go on until their timeout.
    const timeout = 1_000;
    const [error, { value }] = await Promise.all([
      append(nats, hit, params, { n: 1 }, { timeout }).catch((reason: unknown) => reason),
      appendBatch(nats, hit, [{ params, message: { n: 1 } }], { timeout }).next(),
    ]);
    expect(error).toBeInstanceOf(JetStreamOffError);
    expect(value?.error).toBeInstanceOf(JetStreamOffError);
    await expect(ensureStreams(nats, [game])).rejects.toThrow(JetStreamOffError);
  });

  it("reports the missing permission", async () => {
    await using broker = await startBroker({
      jetStream: true,
      config: `authorization { users = [
        { user: admin, password: a }
        { user: guest, password: g, permissions: { publish: ["_INBOX.>", "$JS.API.STREAM.>"], subscribe: ">" } }
      ] }`,
    });
    await using admin = new NatsConnection({
      servers: broker.url,
      authenticator: { user: "admin", pass: "a" },
    });
    await ensureStreams(admin, [game]);
    await using guest = new NatsConnection({
      servers: broker.url,
      authenticator: { user: "guest", pass: "g" },
    });
    await expect(append(guest, hit, params, { n: 1 })).rejects.toThrow(PermissionViolationError);
  });
});
