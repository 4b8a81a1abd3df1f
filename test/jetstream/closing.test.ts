import { connect, type Msg, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection, type NatsError } from "alternats";
import { consume, type Replay, replay, replayStream } from "alternats/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { startNetwork } from "../support/network.js";
import { rejectionOf, within } from "../support/settled.js";
import { game, hit } from "./game.js";

// A server without JetStream, so that a peer can answer as JetStream does, or not at all.
let broker: Broker;
let peer: Peer;

beforeAll(async () => {
  broker = await startBroker();
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await peer.close();
  await broker[Symbol.asyncDispose]();
});

type Answers = Readonly<Record<string, object>>;

const info = (more: object = {}) => ({
  stream_name: "GAME",
  name: "c",
  num_pending: 1,
  delivered: { stream_seq: 0, consumer_seq: 0 },
  ...more,
});

const NAMES = { streams: ["GAME"], total: 1 };
const CREATED = info();

/**
 * Answers the commands of JetStream, the last of a list without an end again and again.
 *
 * @param answers Answers to each command, by its first two words.
 * @param held The command that gets no answer, and how many of its kind do before that.
 * @param onHeld Called when that command comes.
 */
function answering(
  answers: Answers,
  held: readonly [command: string, before: number],
  onHeld: () => void,
): Disposable {
  let before = held[1];
  const callback = (_: unknown, message: Msg) => {
    const command = message.subject.split(".").slice(2, 4).join(".");
    if (command === held[0] && before-- <= 0) {
      onHeld();
      return;
    }
    const answer = answers[command];
    if (answer === undefined) return;
    message.respond(JSON.stringify({ type: "io.nats.jetstream.api.v1.response", ...answer }));
  };
  const subscription = peer.subscribe("$JS.API.>", { callback });
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}

interface Options {
  readonly from: "first" | { readonly sequence: number };
  readonly live?: boolean;
  readonly heartbeat?: number;
}

type Start = (nats: NatsConnection, options: Options) => Replay<unknown>;

const KINDS: readonly (readonly [
  string,
  Start,
  (all: Replay<unknown>) => AsyncIterator<unknown>,
])[] = [
  ["replay", (nats, options) => replay(nats, hit, {}, options), (all) => all],
  ["replayStream", (nats, options) => replayStream(nats, game, options), (all) => all],
  ["batches", (nats, options) => replay(nats, hit, {}, options), (all) => all.batches()],
];

const STAGES: readonly (readonly [string, readonly [string, number], Answers, Options])[] = [
  ["looks up its stream", ["STREAM.NAMES", 0], {}, { from: "first" }],
  ["creates its consumer", ["CONSUMER.CREATE", 0], { "STREAM.NAMES": NAMES }, { from: "first" }],
  [
    "checks its first sequence",
    ["STREAM.INFO", 0],
    {
      "STREAM.NAMES": NAMES,
      "CONSUMER.CREATE": info({ delivered: { stream_seq: 9, consumer_seq: 0 } }),
    },
    { from: { sequence: 5 } },
  ],
  [
    "looks up the last sequence of a cluster",
    ["STREAM.INFO", 0],
    { "STREAM.NAMES": NAMES, "CONSUMER.CREATE": info({ cluster: { leader: "a" } }) },
    { from: "first", live: false },
  ],
  [
    "replaces a consumer that has become silent",
    ["CONSUMER.CREATE", 1],
    { "STREAM.NAMES": NAMES, "CONSUMER.CREATE": CREATED },
    { from: "first", heartbeat: 20 },
  ],
];

describe("a replay whose connection is closed while it", () => {
  describe.each(STAGES)("%s", (_, held, answers, options) => {
    it.each(KINDS)("ends normally (%s)", async (_kind, start, iterate) => {
      const errors: NatsError[] = [];
      const onError = (error: NatsError) => errors.push(error);
      const nats = new NatsConnection({ servers: broker.url, onError });
      // The whole stream has no subject to look up.
      const known = start === KINDS[1]![1] && held[0] === "STREAM.NAMES";
      let closing: Promise<void> | undefined;
      const close = () => {
        closing ??= nats.close();
      };
      using _answers = answering(answers, known ? ["CONSUMER.CREATE", 0] : held, close);
      await peer.flush();
      const next = iterate(start(nats, options)).next();
      expect((await within(30_000, next, "next()")).done).toBe(true);
      await closing;
      expect(errors).toEqual([]);
    });

    it("ends normally when it is drained", async () => {
      const nats = new NatsConnection({ servers: broker.url });
      let drained: Promise<void> | undefined;
      const drain = () => {
        drained ??= nats.drain({ timeout: 100 });
      };
      using _answers = answering(answers, held, drain);
      await peer.flush();
      const next = replay(nats, hit, {}, options).next();
      expect((await within(30_000, next, "next()")).done).toBe(true);
      await drained;
    });
  });

  it("subscribes ends normally", async () => {
    await using network = await startNetwork(broker.port);
    const nats = new NatsConnection({ servers: network.url, requestTimeout: 200 });
    await nats.connect();
    network.stall("toClient");
    const next = replayStream(nats, game, { from: "first" }).next();
    await nats.close();
    expect((await within(30_000, next, "next()")).done).toBe(true);
  });

  it.each(KINDS)("waits before another attempt ends normally (%s)", async (_, start, iterate) => {
    await using nats = new NatsConnection({ servers: broker.url });
    const error = { code: 503, err_code: 10008, description: "JetStream is unavailable" };
    const answers = { "STREAM.NAMES": { error }, "CONSUMER.CREATE": { error } };
    let asked!: () => void;
    const refused = new Promise<void>((resolve) => {
      asked = resolve;
    });
    using _answers = answering(answers, ["CONSUMER.INFO", 0], () => {});
    const watch = peer.subscribe("$JS.API.>", { callback: () => asked() });
    await peer.flush();
    const next = iterate(start(nats, { from: "first" })).next();
    await refused;
    await nats.flush();
    await nats.close();
    expect((await within(30_000, next, "next()")).done).toBe(true);
    watch.unsubscribe();
  });
});

describe("a connection that was closed before", () => {
  it.each(KINDS)("rejects: %s", async (_, start, iterate) => {
    const nats = new NatsConnection({ servers: broker.url });
    await nats.close();
    const failure = rejectionOf(iterate(start(nats, { from: "first" })).next());
    expect(await within(30_000, failure, "next()")).toMatchObject({ code: "CONNECTION_CLOSED" });
  });
});

describe("a worker", () => {
  const answers = { "STREAM.NAMES": NAMES, "CONSUMER.CREATE": CREATED };
  const options = { durable: "closing", heartbeat: 20 };

  it("rejects with a named error if its connection is closed before it is ready", async () => {
    const nats = new NatsConnection({ servers: broker.url });
    using _answers = answering(answers, ["CONSUMER.CREATE", 0], () => void nats.close());
    await peer.flush();
    const failure = rejectionOf(consume(nats, hit, {}, () => {}, options));
    expect(await within(30_000, failure)).toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("ends without a reason if its connection is closed while it checks the consumer", async () => {
    const errors: NatsError[] = [];
    const onError = (error: NatsError) => errors.push(error);
    const nats = new NatsConnection({ servers: broker.url, onError });
    const close = () => void nats.close();
    using _answers = answering(answers, ["CONSUMER.INFO", 0], close);
    await peer.flush();
    const worker = await consume(nats, hit, {}, () => {}, options);
    expect(await within(30_000, worker.closed, "worker.closed")).toBeUndefined();
    expect(errors).toEqual([]);
  });
});
