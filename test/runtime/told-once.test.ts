import { NatsConnection, type NatsError } from "alternats";
import { append, appendBatch, consume, ensureStreams, last, replay } from "alternats/jetstream";
import { traced } from "alternats/opentelemetry";
import {
  channel,
  json,
  type Many,
  many,
  type NoParams,
  type Procedure,
  procedure,
  subject,
} from "alternats/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { game, hit } from "../jetstream/game.js";
import { type Broker, startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";
import { rejectionOf, within } from "../support/settled.js";
import { UnhandledRejections } from "../support/unhandled-rejections.js";

await whenBuilt("runtime");

const params = { server: "eu-1", player: "7" };

const refused = channel(subject("refused"), json<number>());
const log: Procedure<NoParams, number, Many<number>> = procedure(
  subject("refused.request"),
  json(),
  many(json()),
);

type Call = (nats: NatsConnection) => PromiseLike<unknown>;

/** Every call that gives a promise. */
const CALLS: readonly (readonly [string, Call])[] = [
  ["connect", (nats) => nats.connect()],
  ["publish", (nats) => nats.publish("allowed", 1)],
  ["publishBatch", (nats) => nats.publishBatch([["allowed", 1]])],
  ["subscribe", (nats) => nats.subscribe("refused", () => {})],
  ["respond", (nats) => nats.respond("refused", () => 1)],
  ["listen", (nats) => nats.listen("refused", () => {})],
  ["messages().ready", (nats) => nats.messages("refused").ready],
  ["messages().next", (nats) => nats.messages("refused").next()],
  ["request", (nats) => nats.request("refused.request", 1)],
  ["requestMany().next", (nats) => nats.requestMany("refused.request", 1).next()],
  ["channel messages().next", (nats) => refused.messages(nats).next()],
  ["several replies next", (nats) => log.request(nats, 1).next()],
  ["traced messages().next", (nats) => traced(nats).messages("refused").next()],
  ["traced requestMany().next", (nats) => traced(nats).requestMany("refused.request", 1).next()],
  ["traced channel messages().next", (nats) => refused.messages(traced(nats)).next()],
  ["flush", (nats) => nats.flush()],
  ["ping", (nats) => nats.ping()],
  ["reconnect", (nats) => nats.reconnect()],
  ["drain", (nats) => nats.drain()],
  ["append", (nats) => append(nats, hit, params, { n: 1 })],
  [
    "appendBatch().next",
    (nats) =>
      appendBatch(nats, hit, [{ params, message: { n: 1 } }])
        .next()
        .then(({ value }) => {
          if (value?.error !== undefined) throw value.error;
        }),
  ],
  ["consume", (nats) => consume(nats, hit, {}, () => {}, { durable: "told" })],
  ["replay().next", (nats) => replay(nats, hit, {}, { from: "first" }).next()],
  ["last", (nats) => last(nats, hit, params)],
  ["ensureStreams", (nats) => ensureStreams(nats, [game])],
];

const named = (...names: readonly string[]) => CALLS.filter(([name]) => names.includes(name));
const except = (...names: readonly string[]) => CALLS.filter(([name]) => !names.includes(name));
/** Those that fail by a rejection. A batch gives its errors as results, and `then` on its promise awaits it. */
const rejecting = (calls: readonly (readonly [string, Call])[]) =>
  calls.filter(([name]) => name !== "appendBatch().next");

/** A connection, and what it tells `onError`. */
function told(
  servers: string,
  options: object = {},
): { nats: NatsConnection; errors: NatsError[] } {
  const errors: NatsError[] = [];
  const nats = new NatsConnection({
    servers,
    connectTimeout: 500,
    onError: (error) => void errors.push(error),
    ...options,
  });
  return { nats, errors };
}

/** @returns Errors in `onError` from a call that nobody awaits, when the connection has ended. */
async function unawaited(
  { nats, errors }: ReturnType<typeof told>,
  call: Call,
): Promise<{ errors: NatsError[]; unhandled: unknown[] }> {
  using rejections = new UnhandledRejections();
  void call(nats);
  await rejections.decided();
  // Beyond the connection's own attempts and the server's answers.
  await expect
    .poll(() => errors.length, { timeout: 2_000 })
    .toBeGreaterThan(0)
    .catch(() => {});
  await rejections.decided();
  return { errors, unhandled: rejections.reasons };
}

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({
    config: `authorization { users [
      { user: "app", password: "app", permissions: { publish: { allow: ["allowed"] }, subscribe: { allow: ["allowed", "_INBOX.>"] } } }
    ] }`,
  });
});
afterAll(() => broker?.[Symbol.asyncDispose]());

const REFUSING = () => ({ authenticator: { user: "app", pass: "app" }, requestTimeout: 1_000 });
const DEAD = "nats://127.0.0.1:1";

describe("a call that the server refuses", () => {
  const calls = named(
    "subscribe",
    "respond",
    "listen",
    "messages().ready",
    "messages().next",
    "request",
    "requestMany().next",
    "channel messages().next",
    "several replies next",
    "traced messages().next",
    "traced requestMany().next",
    "traced channel messages().next",
    "append",
    "appendBatch().next",
    "consume",
    "replay().next",
    "last",
    "ensureStreams",
  );

  it.each(calls)(
    "%s: rejects for who awaits it, and is not printed beside that",
    async (_, call) => {
      const { nats, errors } = told(broker.url, REFUSING());
      await nats.connect();
      using rejections = new UnhandledRejections();
      const failure = await within(10_000, rejectionOf(call(nats)), "the call");
      expect(failure).toMatchObject({ code: "PERMISSION_VIOLATION" });
      await nats.flush();
      await rejections.decided();
      expect(errors).toEqual([]);
      expect(rejections.reasons).toEqual([]);
      await nats.close();
    },
  );

  it.each(rejecting(calls))("%s: goes to onError once where nobody awaits it", async (_, call) => {
    const connection = told(broker.url, REFUSING());
    await connection.nats.connect();
    const { errors, unhandled } = await unawaited(connection, call);
    expect(unhandled).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(["PERMISSION_VIOLATION"]);
    await connection.nats.close();
  });

  it("a publish goes to onError, also where it is awaited: the server does not say which one it was", async () => {
    const { nats, errors } = told(broker.url, REFUSING());
    await nats.publish("refused.publish", 1);
    await nats.flush();
    expect(errors.map(({ code }) => code)).toEqual(["PERMISSION_VIOLATION"]);
    await nats.close();
  });

  it("where nobody awaits it does not end the process, also with the default onError", async () => {
    const { execFile } = await import("node:child_process");
    const { promisify } = await import("node:util");
    const program = `
      import { NatsConnection } from "alternats";
      const nats = new NatsConnection({ servers: "${broker.url}", authenticator: { user: "app", pass: "app" } });
      await nats.connect();
      void nats.subscribe("refused", () => {});
      await nats.flush();
      await new Promise(setImmediate);
      await nats.close();
      console.log("went on");
    `;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", program],
      { cwd: import.meta.dirname },
    );
    expect(stdout).toBe("went on\n");
    expect(stderr.match(/PermissionViolationError/g)).toHaveLength(1);
  });
});

describe("a call before a first connection that does not come about", () => {
  // The end of a connection that never was is no failure.
  const calls = except("drain");

  it.each(calls)(
    "%s: rejects for who awaits it, and is not printed beside that",
    async (_, call) => {
      const { nats, errors } = told(DEAD, { requestTimeout: 1_000 });
      using rejections = new UnhandledRejections();
      const failure = await within(10_000, rejectionOf(call(nats)), "the call");
      expect(failure).toMatchObject({ code: "CONNECTION" });
      await rejections.decided();
      expect(errors).toEqual([]);
      expect(rejections.reasons).toEqual([]);
      await nats.close();
    },
  );

  it.each(rejecting(calls))(
    "%s: goes to onError once where nobody awaits it",
    async (name, call) => {
      const { errors, unhandled } = await unawaited(told(DEAD, { requestTimeout: 1_000 }), call);
      expect(unhandled).toEqual([]);
      expect(errors).toHaveLength(1);
      expect(errors[0]!.code).toBe(name.startsWith("publish") ? "MESSAGES_DROPPED" : "CONNECTION");
    },
  );
});

describe("a call on a closed connection", () => {
  // close() settles for each of them, and drain() says that it is too late.
  it.each(CALLS)(
    "%s: rejects for who awaits it, and is not printed beside that",
    async (_, call) => {
      const { nats, errors } = told(broker.url, REFUSING());
      await nats.close();
      using rejections = new UnhandledRejections();
      const failure = await within(5_000, rejectionOf(call(nats)), "the call");
      expect(failure).toMatchObject({ code: "CONNECTION_CLOSED" });
      await rejections.decided();
      expect(errors).toEqual([]);
      expect(rejections.reasons).toEqual([]);
    },
  );

  it.each(rejecting(CALLS))("%s: goes to onError once where nobody awaits it", async (_, call) => {
    const connection = told(broker.url, REFUSING());
    await connection.nats.close();
    const { errors, unhandled } = await unawaited(connection, call);
    expect(unhandled).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(["CONNECTION_CLOSED"]);
  });
});

describe("a call with an argument that can never work", () => {
  const calls: readonly (readonly [string, Call])[] = [
    ["publish", (nats) => nats.publish("not a subject", 1)],
    ["publishBatch", (nats) => nats.publishBatch([["not a subject", 1]])],
    ["subscribe", (nats) => nats.subscribe("not a subject", () => {})],
    ["respond", (nats) => nats.respond("not a subject", () => 1)],
    ["listen", (nats) => nats.listen("not a subject", () => {})],
    ["messages().ready", (nats) => nats.messages("not a subject").ready],
    ["request", (nats) => nats.request("not a subject", 1)],
    ["requestMany().next", (nats) => nats.requestMany("not a subject", 1).next()],
    ["append", (nats) => append(nats, hit, params, { n: 1 }, { timeout: -1 })],
    ["consume", (nats) => consume(nats, hit, {}, () => {}, { durable: "not a name" })],
  ];

  it.each(calls)("%s: goes to onError once where nobody awaits it", async (_, call) => {
    const connection = told(broker.url, REFUSING());
    await connection.nats.connect();
    const { errors, unhandled } = await unawaited(connection, call);
    expect(unhandled).toEqual([]);
    expect(errors).toHaveLength(1);
    await connection.nats.close();
  });
});

describe("a call counts as awaited", () => {
  it.each([
    ["then", (promise: Promise<unknown>) => promise.then(undefined, () => {})],
    ["catch", (promise: Promise<unknown>) => promise.catch(() => {})],
    ["finally", (promise: Promise<unknown>) => promise.finally(() => {}).catch(() => {})],
    ["await", async (promise: Promise<unknown>) => void (await promise.catch(() => {}))],
    ["Promise.all", (promise: Promise<unknown>) => Promise.all([promise]).catch(() => {})],
  ])("once %s was used on its promise before it fails", async (_, awaited) => {
    const { nats, errors } = told(broker.url, REFUSING());
    await nats.connect();
    using rejections = new UnhandledRejections();
    await awaited(nats.subscribe("refused", () => {}));
    await nats.flush();
    await rejections.decided();
    expect(errors).toEqual([]);
    expect(rejections.reasons).toEqual([]);
    await nats.close();
  });

  it("no more once it has failed: a late catch still gets the error", async () => {
    const connection = told(broker.url, REFUSING());
    await connection.nats.connect();
    using rejections = new UnhandledRejections();
    const subscribed = connection.nats.subscribe("refused", () => {});
    await connection.nats.flush();
    await expect.poll(() => connection.errors.length).toBe(1);
    expect(await rejectionOf(subscribed)).toBe(connection.errors[0]);
    await rejections.decided();
    expect(connection.errors).toHaveLength(1);
    expect(rejections.reasons).toEqual([]);
    await connection.nats.close();
  });
});

describe("a promise of a call", () => {
  it("is a Promise, for those who look", async () => {
    const { nats } = told(broker.url, REFUSING());
    const calls = [nats.publish("allowed", 1), nats.flush(), nats.subscribe("allowed", () => {})];
    for (const promise of calls) expect(promise).toBeInstanceOf(Promise);
    await Promise.all(calls);
    await nats.close();
  });
});
