import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  type NatsConnection as Connection,
  InvalidArgumentError,
  InvalidSubjectError,
  NatsConnection,
  type NatsError,
  type NatsMessage,
  TimeoutError,
} from "alternats";
import { firstValueFrom, from, map, take, toArray } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: Connection;
let peer: Peer;

beforeAll(async () => {
  broker = await startBroker({ monitoring: true });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("observe", () => {
  it("returns an observable that RxJS accepts", async () => {
    const values = firstValueFrom(
      from(nats.observe<number>("observed.*")).pipe(
        map(({ value, subject }: NatsMessage<number>) => `${subject} ${value}`),
        take(3),
        toArray(),
      ),
    );
    await nats.flush();
    for (let i = 0; i < 5; i++) peer.publish(`observed.${i}`, String(i));
    expect(await values).toEqual(["observed.0 0", "observed.1 1", "observed.2 2"]);
  });

  it("subscribes for each observer, and reports failure and completion", async () => {
    const before = nats.getStats().subscriptions;
    const observable = nats.observe<number>("observed.twice");
    const first = observable.subscribe(() => {});
    const second = observable.subscribe({});
    await nats.flush();
    expect(nats.getStats().subscriptions).toBe(before + 2);
    first.unsubscribe();
    second.unsubscribe();
    await nats.flush();
    expect(nats.getStats().subscriptions).toBe(before);
    await expect(firstValueFrom(from(nats.observe("a b")))).rejects.toThrow(InvalidSubjectError);

    const short = new NatsConnection({ servers: broker.url });
    const ended = new Promise<void>((resolve) => {
      short.observe("observed.end").subscribe({ complete: resolve });
    });
    await short.flush();
    await short.close();
    await ended;
  });

  it("fails with the reason that ended the subscription", async () => {
    const errors: NatsError[] = [];
    const options = { timeout: 20, onError: (error: NatsError) => void errors.push(error) };
    const observed = nats.observe("observed.late", options);
    await expect(firstValueFrom(from(observed))).rejects.toThrow(TimeoutError);
  });

  it("survives observers that throw, and reports their errors to the error handler", async () => {
    const errors: NatsError[] = [];
    const short = new NatsConnection({
      servers: broker.url,
      onError: (error) => void errors.push(error),
    });
    const boom = () => {
      throw new Error("boom");
    };
    short.observe("observed.x").subscribe({ next: boom, complete: boom });
    short.observe("a b").subscribe({ error: boom });
    await short.flush();
    await short.publish("observed.x", 1);
    await short.flush();
    await short.close();
    await short.closed();
    await new Promise(setImmediate);
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'HANDLER An observer of "a b" failed: boom',
      'HANDLER The handler of "observed.x" failed: boom',
      'HANDLER An observer of "observed.x" failed: boom',
    ]);
  });

  it("reports to the error handler if an observer has no method for errors", async () => {
    const errors: NatsError[] = [];
    nats.observe("a b", { onError: (error) => void errors.push(error) }).subscribe(() => {});
    await nats.flush();
    expect(errors).toEqual([expect.any(InvalidSubjectError)]);
    expect(() => nats.observe("x").subscribe(5 as unknown as () => void)).toThrow(
      InvalidArgumentError,
    );
  });
});
