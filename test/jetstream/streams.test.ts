import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection as OfficialConnection } from "@nats-io/transport-node";
import { InvalidArgumentError, NatsConnection } from "alternats";
import { append, DataLossError, ensureStreams, type StreamConfig } from "alternats/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { hit, numbers } from "./game.js";

let broker: Broker;
let nats: NatsConnection;
let peer: OfficialConnection;

beforeAll(async () => {
  broker = await startBroker({ jetStream: true });
  nats = new NatsConnection({ servers: broker.url });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats.close();
  await peer.close();
  await broker[Symbol.asyncDispose]();
});

const ensure = async (config: StreamConfig, options = {}) =>
  (await ensureStreams(nats, [{ config }], options))[0]!;

async function info(name: string) {
  return (await jetstreamManager(peer)).streams.info(name);
}

/** A stream of its own for each test, with messages in it. */
async function filled(name: string, count: number): Promise<StreamConfig> {
  const config: StreamConfig = { name, subjects: [`game.${name}.>`] };
  await ensure(config);
  for (const n of numbers(count)) await append(nats, hit, { server: name, player: "7" }, { n });
  return config;
}

describe("ensuring streams", () => {
  it("shows the difference first, then creates, then changes nothing", async () => {
    const config: StreamConfig = {
      name: "FULL",
      subjects: ["full.>"],
      description: "everything said",
      retention: "limits",
      storage: "memory",
      discard: "new",
      maxAge: 3_600_000,
      maxBytes: 1_000_000,
      maxMessages: 1_000,
      maxMessagesPerSubject: 10,
      maxMessageSize: 10_000,
      duplicateWindow: 60_000,
      replicas: 1,
    };
    const shown = await ensure(config, { dryRun: true });
    expect(shown.action).toBe("create");
    expect(shown.changes).toContainEqual({
      property: "maxAge",
      from: undefined,
      to: 3_600_000,
      loses: undefined,
    });
    await expect(info("FULL")).rejects.toThrow("stream not found");
    expect((await ensure(config)).action).toBe("create");
    expect((await info("FULL")).config).toMatchObject({
      description: "everything said",
      storage: "memory",
      discard: "new",
      max_age: 3_600_000_000_000,
      max_bytes: 1_000_000,
      max_msgs: 1_000,
      max_msgs_per_subject: 10,
      max_msg_size: 10_000,
      duplicate_window: 60_000_000_000,
      allow_direct: true,
    });
    expect(await ensure(config)).toEqual({ stream: "FULL", action: "none", changes: [] });
  });

  it("changes different settings, and leaves settings that the configuration does not name", async () => {
    const config = await filled("CHANGE", 3);
    const manager = await jetstreamManager(peer);
    await manager.streams.update("CHANGE", { description: "by hand" });
    const wanted = { ...config, maxMessages: 100, subjects: [...config.subjects, "more.>"] };
    const { action, changes } = await ensure(wanted);
    expect(action).toBe("update");
    expect(changes.map(({ property }) => property).sort()).toEqual(["maxMessages", "subjects"]);
    const { config: now, state } = await info("CHANGE");
    expect(now).toMatchObject({ max_msgs: 100, description: "by hand" });
    expect(state.messages).toBe(3);
  });

  it("rejects changes that would lose messages, and makes them if allowed", async () => {
    const config = await filled("LOSE", 5);
    const smaller = { ...config, maxMessages: 2 };
    await expect(ensure(smaller)).rejects.toThrow(DataLossError);
    await expect(ensure(smaller)).rejects.toThrow("LOSE.maxMessages: 3 of 5 messages");
    expect((await info("LOSE")).state.messages).toBe(5);
    expect((await ensure(smaller, { dryRun: true })).changes[0]?.loses).toBe("3 of 5 messages");
    expect((await ensure(smaller, { allowDataLoss: true })).action).toBe("update");
    expect((await info("LOSE")).state.messages).toBe(2);
  });

  it("recreates a stream that the server cannot change only if allowed", async () => {
    const config = await filled("STORAGE", 2);
    const memory = { ...config, storage: "memory" } as const;
    await expect(ensure(memory)).rejects.toThrow("without its 2 messages");
    expect((await ensure(memory, { allowDataLoss: true })).action).toBe("recreate");
    const { config: now, state } = await info("STORAGE");
    expect(now.storage).toBe("memory");
    expect(state.messages).toBe(0);
    // An empty stream has nothing to lose.
    expect((await ensure(config)).action).toBe("none");
    expect((await ensure({ ...config, storage: "file" })).action).toBe("recreate");
  });

  it("recreates an empty stream with consumers only if allowed", async () => {
    const config: StreamConfig = { name: "QUEUE", subjects: ["queue"] };
    await ensure(config);
    const manager = await jetstreamManager(peer);
    await manager.consumers.add("QUEUE", { durable_name: "worker", ack_policy: "explicit" });
    const queue = { ...config, retention: "workqueue" } as const;
    await expect(ensure(queue)).rejects.toThrow("0 messages and 1 consumers");
    expect((await manager.consumers.info("QUEUE", "worker")).name).toBe("worker");
    expect((await ensure(queue, { allowDataLoss: true })).action).toBe("recreate");
  });

  it("changes nothing at all when one of several streams would lose something", async () => {
    const config = await filled("SEVERAL", 2);
    const shorter = { ...config, maxAge: 1 };
    const streams = [{ config: { name: "FRESH", subjects: ["fresh"] } }, { config: shorter }];
    // Until a message is so old.
    const loses = async () => (await ensure(shorter, { dryRun: true })).changes[0]?.loses;
    await expect.poll(loses).toBeDefined();
    await expect(ensureStreams(nats, streams)).rejects.toThrow(DataLossError);
    await expect(info("FRESH")).rejects.toThrow("stream not found");
  });

  it("reports the server's reason to reject a configuration", async () => {
    const overlapping = { name: "OVERLAP", subjects: ["game.LOSE.>"] };
    await expect(ensure(overlapping)).rejects.toMatchObject({
      code: "JETSTREAM",
      errorCode: 10065,
    });
  });

  it.each(["LOG_a.b", "LOG_*", "LOG >", ""])("rejects an invalid name: %j", async (name) => {
    await expect(ensure({ name, subjects: ["named"] })).rejects.toThrow(InvalidArgumentError);
  });

  it("reports an answer that is not from JetStream", async () => {
    await using other = await startBroker();
    await using own = new NatsConnection({ servers: other.url });
    const official = await connect({ servers: other.url });
    try {
      // As a stream does that keeps everything.
      official.subscribe("$JS.API.>", {
        callback: (_, message) => void message.respond('{"stream":"ALL","seq":1}'),
      });
      await official.flush();
      const asked = ensureStreams(own, [{ config: { name: "NEXT", subjects: ["next"] } }]);
      await expect(asked).rejects.toMatchObject({
        code: "JETSTREAM",
        message: expect.stringContaining("is not from JetStream"),
      });
    } finally {
      await official.close();
    }
  });
});
