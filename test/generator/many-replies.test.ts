import { connect } from "@nats-io/transport-node";
import { NatsConnection, type NatsError } from "alternats";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  requestCallRoll,
  requestCountStore,
  requestListStore,
  requestReadLines,
  respondCallRoll,
  respondReadLines,
  respondStore,
} from "../fixtures/generator/many-replies/sdk/index.js";
import { startBroker } from "../support/broker.js";

let broker: Awaited<ReturnType<typeof startBroker>>;
let ours: NatsConnection;
let theirs: Awaited<ReturnType<typeof connect>>;
let errors: NatsError[];

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
});
beforeEach(async () => {
  errors = [];
  ours = new NatsConnection({ servers: broker.url, onError: (error) => errors.push(error) });
  theirs = await connect({ servers: broker.url });
});
afterEach(async () => {
  await ours.close();
  await theirs.close();
});

async function all<T>(replies: AsyncIterable<T>): Promise<readonly T[]> {
  const taken: T[] = [];
  for await (const reply of replies) taken.push(reply);
  return taken;
}

describe("an operation with several replies", () => {
  it("yields each of them, and ends with the responder's last", async () => {
    await respondReadLines(ours, { camp: "1" }, async function* ({ from }, { params }) {
      for (let i = from; i < from + 3; i++) yield { text: `${params.camp} ${i}` };
    });
    expect(await all(requestReadLines(ours, { camp: "1" }, { from: 7 }))).toEqual([
      { text: "1 7" },
      { text: "1 8" },
      { text: "1 9" },
    ]);
  });

  it("sends another client plain messages, and an empty one at the end", async () => {
    await respondCallRoll(ours, () => [
      { name: "here", message: "a" },
      { name: "away", message: 2 },
    ]);
    const answers = await theirs.requestMany("camp.rollCall", "", {
      strategy: "sentinel",
      maxWait: 5_000,
    });
    const texts: string[] = [];
    for await (const answer of answers) texts.push(answer.string());
    expect(texts).toEqual(['"a"', "2", ""]);
  });

  it("reads another client's answers until it pauses", async () => {
    theirs.subscribe("camp.*.lines", {
      callback: (_error, message) => {
        message.respond('{"text":"a"}');
        message.respond('{"text":"b"}');
      },
    });
    await theirs.flush();
    const replies = requestReadLines(ours, { camp: "1" }, { from: 0 }, { stall: 100 });
    expect(await all(replies)).toEqual([{ text: "a" }, { text: "b" }]);
  });

  it("yields the answers of several responders, and one does not end the others", async () => {
    const here = (message: string) => ({ name: "here", message }) as const;
    await respondCallRoll(ours, () => [here("a")], { queue: false });
    await respondCallRoll(ours, () => [here("b"), here("c")], { queue: false });
    const replies = requestCallRoll(ours, { sentinel: false, stall: 100 });
    const taken = await all(replies);
    expect(taken.map(({ message }) => message).sort()).toEqual(["a", "b", "c"]);
    expect(errors).toEqual([]);
  });

  it("throws the responder's error after earlier answers", async () => {
    await respondReadLines(ours, {}, function* () {
      yield { text: "a" };
      throw new Error("the book is torn");
    });
    const replies = requestReadLines(ours, { camp: "1" }, { from: 0 });
    expect(await replies.next()).toEqual({ done: false, value: { text: "a" } });
    await expect(replies.next()).rejects.toMatchObject({
      code: "SERVICE",
      description: "the book is torn",
    });
    expect(await replies.next()).toEqual({ done: true, value: undefined });
  });

  it("throws for an unreadable answer, unless an error handler is given", async () => {
    theirs.subscribe("camp.*.lines", {
      callback: (_error, message) => {
        for (const text of ["{", '{"text":"b"}', ""]) message.respond(text);
      },
    });
    await theirs.flush();
    await expect(all(requestReadLines(ours, { camp: "1" }, { from: 0 }))).rejects.toMatchObject({
      code: "DESERIALIZE",
    });
    const failures: NatsError[] = [];
    const onError = (error: NatsError) => failures.push(error);
    const replies = requestReadLines(ours, { camp: "1" }, { from: 0 }, { onError });
    expect(await all(replies)).toEqual([{ text: "b" }]);
    expect(failures).toMatchObject([{ code: "DESERIALIZE" }]);
  });

  it("is ended by its signal, and rejected without a responder", async () => {
    await respondReadLines(ours, {}, () => new Promise(() => {}));
    const controller = new AbortController();
    const { signal } = controller;
    const replies = requestReadLines(ours, { camp: "1" }, { from: 0 }, { signal });
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(replies.next()).rejects.toBe(reason);
    await expect(requestCallRoll(ours).next()).rejects.toMatchObject({ code: "NO_RESPONDERS" });
  });

  it("shares a subject with operations that have one reply", async () => {
    await respondStore(ours, {
      *listStore({ shelf }) {
        yield `${shelf}1`;
        yield `${shelf}2`;
      },
      countStore: () => 2,
    });
    expect(await all(requestListStore(ours, { op: "list", shelf: "a" }))).toEqual(["a1", "a2"]);
    expect(await requestCountStore(ours, { op: "count" })).toBe(2);
  });

  it("reports to a handler that returns a single value what it must return", async () => {
    await respondReadLines(ours, {}, (() => "abc") as never);
    await expect(all(requestReadLines(ours, { camp: "1" }, { from: 0 }))).rejects.toMatchObject({
      code: "SERVICE",
      description: "The handler must return a list of replies.",
    });
    expect(errors).toHaveLength(1);
  });
});
