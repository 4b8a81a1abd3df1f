import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { InvalidArgumentError, NatsConnection, type NatsError } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { collector } from "../support/collector.js";

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

describe("options", () => {
  it.each([
    { servers: "" },
    { servers: [] },
    { servers: "http://x" },
    { servers: "nats://:4222" },
    { servers: "nats://h:99999" },
    { requestTimeout: 0 },
    { requestTimeout: Number.NaN },
    { pingInterval: -1 },
    { maxPendingBytes: 1.5 },
    { inboxPrefix: "_INBOX" },
    { inboxPrefix: "a.*." },
    { inboxPrefix: "a..b." },
    { servers: 5 as never },
    { servers: [5] as never },
    { logger: {} as never },
    { name: 5 as never },
    { echo: "no" as never },
    { serializer: {} as never },
    { onError: "x" as never },
  ])("reject %j by name", (options) => {
    expect(() => new NatsConnection(options)).toThrow(InvalidArgumentError);
  });

  it("are frozen and can be spread", () => {
    const { authenticator, ...options } = new NatsConnection({ name: "a" }).options;
    expect(Object.isFrozen(new NatsConnection(options).options)).toBe(true);
    const { options: derived } = new NatsConnection({ ...options, authenticator, name: "b" });
    expect(derived).toMatchObject({ ...options, name: "b" });
  });

  it("receive none of the connection's own messages with echo: false", async () => {
    const quiet = new NatsConnection({ servers: broker.url, echo: false });
    const got = collector<number>();
    await quiet.subscribe<number>("echo", got.add);
    await quiet.publish("echo", 1);
    await quiet.flush();
    peer.publish("echo", "2");
    expect(await got.until(1)).toEqual([2]);
    await quiet.close();
  });
});
