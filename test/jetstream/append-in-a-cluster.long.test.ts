import { setTimeout as sleep } from "node:timers/promises";
import { append, appendBatch } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { hit, numbers } from "./game.js";
import {
  cluster,
  connectTo,
  followed,
  items,
  nats,
  params,
  roles,
  stored,
  TIMEOUT,
  useReplicas,
} from "./replicas.js";

useReplicas();

describe("a stream of three replicas", () => {
  it("whose followers stand still for four seconds has stored all of a batch, and the batch says so", async () => {
    const { leader, followers } = await roles();
    await connectTo(leader);
    await append(nats, hit, params, { n: 0 }, { messageId: "m0" });
    await Promise.all(followers.map((broker) => broker.pause()));
    const wake = setTimeout(() => {
      for (const broker of followers) broker.resume();
    }, 4_000);
    const errors: unknown[] = [];
    for await (const { error } of appendBatch(nats, hit, items(0, 50), { timeout: TIMEOUT })) {
      if (error !== undefined) errors.push(error);
    }
    clearTimeout(wake);
    expect(errors).toEqual([]);
    expect(await stored()).toEqual([0, ...numbers(50)]);
  }, 90_000);

  it("whose followers stand still for four seconds takes one append after the other", async () => {
    const { leader, followers } = await roles();
    await connectTo(leader);
    await Promise.all(followers.map((broker) => broker.pause()));
    const wake = setTimeout(() => {
      for (const broker of followers) broker.resume();
    }, 4_000);
    for (const n of numbers(5)) {
      await append(nats, hit, params, { n }, { messageId: `m${n}`, timeout: TIMEOUT });
    }
    clearTimeout(wake);
    expect(await stored()).toEqual(numbers(5));
  }, 90_000);

  it("whose leader is killed takes an append within its timeout", async () => {
    const { leader, followers } = await roles();
    await connectTo(followers[0]!);
    const killed = leader.stop("SIGKILL");
    const failures: unknown[] = [];
    for (const n of numbers(20)) {
      await append(nats, hit, params, { n }, { messageId: `m${n}`, timeout: TIMEOUT }).catch(
        (error: unknown) => failures.push(error),
      );
    }
    await killed;
    expect(failures).toEqual([]);
    expect(await stored()).toEqual(numbers(20));
  }, 90_000);

  it("whose nodes are restarted one after the other takes appends all the while", async () => {
    let running = true;
    const failures: unknown[] = [];
    let appended = 0;
    const work = (async () => {
      while (running) {
        const n = ++appended;
        await append(nats, hit, params, { n }, { messageId: `m${n}`, timeout: TIMEOUT }).catch(
          (error: unknown) => failures.push(error),
        );
        await sleep(10);
      }
    })();
    for (const broker of cluster.brokers) {
      await broker.restart("SIGKILL");
      await cluster.joined();
      // The next one goes only when this one follows the stream again.
      await followed();
    }
    running = false;
    await work;
    expect(failures).toEqual([]);
    expect(await stored()).toEqual(numbers(appended));
  }, 120_000);
});
