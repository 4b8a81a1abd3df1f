import { describe, expect, it } from "vitest";
import { runChaos } from "./run.js";
import { tableOf } from "./table.js";
import { verdict } from "./verdict.js";

describe("a cluster of three, while servers and networks misbehave", () => {
  it("loses, doubles, moves and refuses nothing, and leaves nothing hanging", async () => {
    const results = await runChaos({ seconds: 20, seed: 1 });
    const failed = verdict(results).filter(({ holds }) => !holds);
    expect(failed, tableOf(results)).toEqual([]);
  }, 180_000);
});
