import { appendBatch } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { hit, numbers } from "./game.js";
import { connectTo, items, nats, roles, stored, TIMEOUT, useReplicas } from "./replicas.js";

useReplicas();

describe("a stream of three replicas", () => {
  it("whose leader is killed takes all of a batch within its timeout", async () => {
    const { leader, followers } = await roles();
    await connectTo(followers[0]!);
    const killed = leader.stop("SIGKILL");
    const failures: unknown[] = [];
    for await (const { error } of appendBatch(nats, hit, items(0, 200), { timeout: TIMEOUT })) {
      if (error !== undefined) failures.push(error);
    }
    await killed;
    expect(failures).toEqual([]);
    expect(await stored()).toEqual(numbers(200));
  }, 90_000);
});
