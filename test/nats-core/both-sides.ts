import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { bothConnects, type Connect } from "./support.js";

/** Server of the test file; see {@link useBroker}. */
export let broker: Broker;
/** Connection of the official client to {@link broker}, for the other end of messages. */
export let peer: NatsConnection;
/** Connection of the client under test to {@link broker}; see {@link onBothSides}. */
export let nc: NatsConnection;

/** Starts {@link broker} and {@link peer} for the tests of a file. */
export function useBroker(): void {
  const [, official] = bothConnects[1]!;
  beforeAll(async () => {
    broker = await startBroker({ monitoring: true });
    peer = await official({ servers: broker.url });
  });
  afterAll(async () => {
    await peer?.close();
    await broker?.[Symbol.asyncDispose]();
  });
}

/** Client under test. */
export interface Side {
  readonly connect: Connect;
  /** `true` for the client of this project. */
  readonly ours: boolean;
  /** Opens another connection to {@link broker}. */
  readonly open: () => Promise<NatsConnection>;
  /** @returns A subject that the tests of the other client do not use. */
  readonly inbox: (name: string) => string;
}

/** Declares the same tests for both clients. They share {@link broker}, {@link peer} and {@link nc}. */
export function onBothSides(tests: (side: Side) => void): void {
  useBroker();
  describe.each(bothConnects)("%s", (_, connect) => {
    const ours = connect === bothConnects[0]![1];
    const open = () => connect({ servers: broker.url });
    beforeAll(async () => {
      nc = await open();
    });
    afterAll(() => nc.close());
    tests({ connect, ours, open, inbox: (subject) => `${ours ? "ours" : "theirs"}.${subject}` });
  });
}

/** @returns The first message of a subscription, which then ends. */
export async function first(subscription: Subscription): Promise<Msg> {
  for await (const message of subscription) return message;
  throw new Error("no message");
}
