import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection, type NatsError, PermissionViolationError } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;
/** Errors that went to the connection's error handler. */
let errors: NatsError[];

beforeAll(async () => {
  broker = await startBroker({
    config: `
      max_payload: 100000
      no_auth_user: everybody
      authorization { users: [ { user: everybody, password: x, permissions: {
        publish: { deny: ["denied.>"] }, subscribe: { deny: ["denied.>", "group.> secret"] } } } ] }
    `,
  });
  errors = [];
  nats = new NatsConnection({ servers: broker.url, onError: (error) => errors.push(error) });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("messages", () => {
  it("iterate in order, and unsubscribe when the loop is left", async () => {
    const values: unknown[] = [];
    const messages = nats.messages<number>("loop.*");
    await messages.ready;
    for (let i = 0; i < 10; i++) peer.publish(`loop.${i}`, String(i));
    for await (const { value, subject } of messages) {
      expect(subject).toBe(`loop.${value}`);
      values.push(value);
      if (values.length === 5) break;
    }
    expect(values).toEqual([0, 1, 2, 3, 4]);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  it("deliver what is buffered after unsubscribing, then end", async () => {
    const messages = nats.messages<number>("loop.rest");
    await messages.ready;
    for (let i = 0; i < 3; i++) peer.publish("loop.rest", String(i));
    await peer.flush();
    await nats.flush();
    messages.unsubscribe();
    const values: number[] = [];
    for await (const { value } of messages) values.push(value);
    expect(values).toEqual([0, 1, 2]);
  });

  it("drop the newest when they are full, count and report it", async () => {
    const failed: NatsError[] = [];
    const messages = nats.messages<number>("loop.full", {
      maxBuffered: 3,
      onError: (error) => failed.push(error),
    });
    await messages.ready;
    for (let i = 0; i < 6; i++) peer.publish("loop.full", String(i));
    await peer.flush();
    await nats.flush();
    messages.unsubscribe();
    const values: number[] = [];
    for await (const { value } of messages) values.push(value);
    expect(values).toEqual([0, 1, 2]);
    expect(messages.dropped).toBe(3);
    expect(failed.map((error) => error.code)).toEqual(["MESSAGES_DROPPED"]);
  });

  it("drop the oldest if the policy says so", async () => {
    const messages = nats.messages<number>("loop.oldest", {
      maxBuffered: 3,
      whenFull: "dropOldest",
      onError: () => {},
    });
    await messages.ready;
    for (let i = 0; i < 6; i++) peer.publish("loop.oldest", String(i));
    await peer.flush();
    await nats.flush();
    messages.unsubscribe();
    const values: number[] = [];
    for await (const { value } of messages) values.push(value);
    expect(values).toEqual([3, 4, 5]);
    expect(messages.dropped).toBe(3);
  });

  it("pause the reading if the policy says so, and lose nothing", async () => {
    const reader = new NatsConnection({ servers: broker.url });
    const messages = reader.messages<number>("loop.pause", { maxBuffered: 10, whenFull: "pause" });
    await messages.ready;
    for (let i = 0; i < 50_000; i++) peer.publish("loop.pause", String(i));
    await peer.flush();
    let expected = 0;
    for await (const { value } of messages) {
      expect(value).toBe(expected++);
      if (expected === 50_000) break;
    }
    expect(messages.dropped).toBe(0);
    await reader.flush();
    await reader.close();
  });

  it("reject the loop when the server does not permit the subject", async () => {
    const messages = nats.messages("denied.loop", { onError: () => {} });
    await expect(messages.ready).rejects.toThrow(PermissionViolationError);
    await expect(messages.next()).rejects.toThrow(PermissionViolationError);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });
});
