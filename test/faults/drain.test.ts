import {
  NatsConnection,
  NatsConnectionPool,
  type NatsError,
  type NatsOptions,
  NatsShardingConnection,
} from "alternats";
import { consume, ensureStreams } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { game, hit } from "../jetstream/game.js";
import { type Broker, startBroker } from "../support/broker.js";
import { nextEvent } from "../support/next-event.js";
import { within } from "../support/settled.js";

const FAST = { reconnectWait: 50, reconnectWaitMax: 50, reconnectJitter: 0 };
/** Milliseconds in which a drain settles that has nothing to wait for, on a busy machine; less than any default limit. */
const AT_ONCE = 4_500;
/** The limit that is set, and how much later it may be noticed on a busy machine; less than the default of drainTimeout. */
const LIMIT = 300;
const NOTICED = LIMIT + 10_000;

/** Something that can be drained, with work in it. */
interface Drained {
  drain(options?: { timeout?: number }): Promise<void>;
  close(): Promise<void>;
  readonly connections: readonly NatsConnection[];
}

type Make = (servers: string, options: NatsOptions) => Promise<Drained>;

const listening = async (nats: NatsConnection): Promise<void> => {
  await nats.subscribe("drained", () => {});
  await nats.subscribe("drained.queued", async () => {}, { concurrency: 2 });
  await nats.request("nobody").catch(() => {});
};

/** Everything that has a `drain()`. */
const KINDS: readonly (readonly [string, Make])[] = [
  [
    "a subscription",
    async (servers, options) => {
      const nats = new NatsConnection({ servers, ...options });
      const subscription = await nats.subscribe("drained", () => {});
      return drained(subscription, nats);
    },
  ],
  [
    "a subscription with concurrency",
    async (servers, options) => {
      const nats = new NatsConnection({ servers, ...options });
      const subscription = await nats.subscribe("drained", async () => {}, { concurrency: 4 });
      return drained(subscription, nats);
    },
  ],
  [
    "a responder",
    async (servers, options) => {
      const nats = new NatsConnection({ servers, ...options });
      const subscription = await nats.respond("drained", () => 1);
      return drained(subscription, nats);
    },
  ],
  [
    "a loop's messages",
    async (servers, options) => {
      const nats = new NatsConnection({ servers, ...options });
      const messages = nats.messages("drained");
      await messages.ready;
      void (async () => {
        for await (const _ of messages);
      })();
      return drained(messages, nats);
    },
  ],
  [
    "a worker",
    async (servers, options) => {
      const nats = new NatsConnection({ servers, ...options });
      await ensureStreams(nats, [game]);
      const worker = await consume(nats, hit, {}, () => {}, { durable: "drained" });
      return drained(worker, nats);
    },
  ],
  [
    "a connection",
    async (servers, options) => {
      const nats = new NatsConnection({ servers, ...options });
      await listening(nats);
      return drained(nats, nats);
    },
  ],
  [
    "a pool",
    async (servers, options) => {
      const pool = new NatsConnectionPool({ servers, poolSize: 3, ...options });
      await Promise.all(pool.getConnections().map(listening));
      return drained(pool, ...pool.getConnections());
    },
  ],
  [
    "shards",
    async (servers, options) => {
      const connections: NatsConnection[] = [];
      const shards = new NatsShardingConnection({
        servers: [servers],
        poolSize: 2,
        ...options,
        configureConnection: (connection) => void connections.push(connection),
      });
      await Promise.all(connections.map(listening));
      return drained(shards, ...connections);
    },
  ],
];

function drained(what: Pick<Drained, "drain">, ...connections: readonly NatsConnection[]): Drained {
  return {
    connections,
    drain: (options) => what.drain(options),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

async function lost({ connections }: Drained, broker: Broker): Promise<void> {
  const gone = Promise.all(connections.map((connection) => nextEvent(connection, "disconnected")));
  await broker.stop("SIGKILL");
  await gone;
}

describe.each(KINDS)("drain() of %s", (_, make) => {
  it("settles at once when the server is away: nothing more can come", async () => {
    await using broker = await startBroker({ jetStream: true });
    const errors: NatsError[] = [];
    const kind = await make(broker.url, { ...FAST, onError: (error) => void errors.push(error) });
    await lost(kind, broker);
    await within(AT_ONCE, kind.drain(), "drain()");
    expect(errors.map(({ code }) => code)).not.toContain("TIMEOUT");
    await kind.close();
  });

  it("settles when the server goes away while it waits for it", async () => {
    await using broker = await startBroker({ jetStream: true });
    const kind = await make(broker.url, { ...FAST, onError: () => {} });
    await broker.pause();
    const draining = kind.drain();
    await new Promise(setImmediate);
    await lost(kind, broker);
    await within(AT_ONCE, draining, "drain()");
    await kind.close();
  });

  it("settles within the limit of the call when the server is frozen", async () => {
    await using broker = await startBroker({ jetStream: true });
    const kind = await make(broker.url, { ...FAST, onError: () => {} });
    await broker.pause();
    await within(NOTICED, kind.drain({ timeout: LIMIT }), "drain()");
    broker.resume();
    await kind.close();
  });

  it("settles within the connection's drainTimeout when the server is frozen, and tells onError", async () => {
    await using broker = await startBroker({ jetStream: true });
    const errors: NatsError[] = [];
    const options: NatsOptions = { ...FAST, onError: (error) => void errors.push(error) };
    const kind = await make(broker.url, { ...options, drainTimeout: LIMIT } as NatsOptions);
    await broker.pause();
    await within(NOTICED, kind.drain(), "drain()");
    expect(errors.some(({ code }) => code === "TIMEOUT")).toBe(true);
    broker.resume();
    await kind.close();
  });

  it("settles when the server comes back in between", async () => {
    await using broker = await startBroker({ jetStream: true });
    const kind = await make(broker.url, { ...FAST, onError: () => {} });
    await broker.pause();
    const draining = kind.drain();
    await broker.restart("SIGKILL");
    await within(AT_ONCE, draining, "drain()");
    await kind.close();
  });

  it("settles when the server goes on after a while", async () => {
    await using broker = await startBroker({ jetStream: true });
    const kind = await make(broker.url, { ...FAST, onError: () => {} });
    await broker.pause();
    const draining = kind.drain();
    setTimeout(() => broker.resume(), 300);
    await within(NOTICED, draining, "drain()");
    await kind.close();
  });
});

describe("drain() with a handler that does not come to its end", () => {
  it.each([
    [
      "a subscription",
      (nats: NatsConnection) => nats.subscribe("stuck", stuck, { concurrency: 1 }),
    ],
    [
      "a connection",
      async (nats: NatsConnection) => {
        await nats.subscribe("stuck", stuck, { concurrency: 1 });
        return nats;
      },
    ],
    [
      "a worker",
      async (nats: NatsConnection) => {
        await ensureStreams(nats, [game]);
        const worker = await consume(nats, hit, {}, stuck, { durable: "stuck" });
        nats.post("game.eu-1.7.hit", { n: 1 });
        return worker;
      },
    ],
  ])("settles at its limit, and says so (%s)", async (_, make) => {
    await using broker = await startBroker({ jetStream: true });
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      onError: (error) => void errors.push(error),
    });
    begun = new Promise((resolve) => {
      begin = resolve;
    });
    const kind: Pick<Drained, "drain"> = await make(nats);
    nats.post("stuck", 1);
    await begun;
    await within(NOTICED, kind.drain({ timeout: LIMIT }), "drain()");
    expect(errors.map(({ code }) => code)).toEqual(["TIMEOUT"]);
  });
});

let begin!: () => void;
let begun: Promise<void>;
const stuck = (): Promise<void> => {
  begin();
  return new Promise(() => {});
};

describe("drain() while the server is away", () => {
  it("lets handlers that run come to their end first", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, ...FAST, onError: () => {} });
    let finish!: () => void;
    let running!: () => void;
    const started = new Promise<void>((resolve) => {
      running = resolve;
    });
    let finished = 0;
    const subscription = await nats.subscribe(
      "slow",
      async () => {
        running();
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        finished++;
      },
      { concurrency: 1 },
    );
    nats.post("slow", 1);
    nats.post("slow", 2);
    await started;
    await nats.flush();
    const gone = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await gone;
    const draining = subscription.drain();
    finish();
    await expect.poll(() => finished).toBe(1);
    // What had arrived is still handled.
    await new Promise(setImmediate);
    finish();
    await within(AT_ONCE, draining, "drain()");
    expect(finished).toBe(2);
  });

  it("lets what was published go out with the next connection, when there is one in time", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, ...FAST, onError: () => {} });
    await nats.connect();
    const gone = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await gone;
    nats.post("waiting", 1);
    const draining = nats.drain();
    await broker.start();
    await within(AT_ONCE, draining, "drain()");
    expect(nats.getStats()).toMatchObject({ sentMessages: 1, dropped: 0 });
  });

  it("says what was never sent, when there is no connection in time", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      ...FAST,
      onError: (error) => void errors.push(error),
    });
    await nats.connect();
    const gone = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await gone;
    nats.post("waiting", 1);
    const drain: (options: { timeout: number }) => Promise<void> = nats.drain.bind(nats);
    await within(NOTICED, drain({ timeout: LIMIT }), "drain()");
    expect(errors.filter(({ code }) => code === "MESSAGES_DROPPED")).toMatchObject([{ count: 1 }]);
  });
});

describe("the option drainTimeout", () => {
  it.each([0, -1, 1.5, "1s"])("refuses %j", (drainTimeout) => {
    expect(() => new NatsConnection({ drainTimeout } as unknown as NatsOptions)).toThrow(
      'The option "drainTimeout" must be a whole number from 1',
    );
  });

  it("is ten seconds where nothing is said", () => {
    expect(new NatsConnection().options).toMatchObject({ drainTimeout: 10_000 });
  });
});
