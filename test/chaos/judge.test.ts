import { describe, expect, it } from "vitest";
import { AppendLedger } from "./append-ledger.js";
import { judge, type Stored } from "./judge.js";
import { faultOf } from "./replays.js";

const TRAITS = { ordered: true, withId: true, ours: true };

/** A stream that holds these numbers of the appender "a", from sequence 1 on. */
function holding(...numbers: number[]): Stored[] {
  return numbers.map((n, i) => ({ n, appender: "a", sequence: i + 1 }));
}

/** A ledger in which numbers were acknowledged with these sequences. */
function ledgerOf(...acknowledged: [n: number, sequence: number][]): AppendLedger {
  const ledger = new AppendLedger("a", "FIRST", TRAITS);
  for (const [n, sequence] of acknowledged) ledger.acknowledge(n, sequence, performance.now());
  return ledger;
}

describe("the judge", () => {
  it("finds nothing where all that was acknowledged is stored once and in order", () => {
    expect(judge(ledgerOf([1, 1], [2, 2]), holding(1, 2))).toEqual({
      lost: [],
      misplaced: [],
      twice: [],
      disordered: [],
      rejectedButStored: [],
    });
  });

  it("finds what was acknowledged and is not stored", () => {
    expect(judge(ledgerOf([1, 1], [2, 2], [3, 3]), holding(1, 3)).lost).toEqual([2]);
  });

  it("does not take another appender's message for the lost one", () => {
    const [first, second] = holding(1, 2);
    const stream = [first!, { ...second!, appender: "b" }];
    expect(judge(ledgerOf([1, 1], [2, 2]), stream).lost).toEqual([2]);
  });

  it("finds what was acknowledged with the sequence of another message", () => {
    expect(judge(ledgerOf([1, 1], [2, 3]), holding(1, 2)).misplaced).toEqual([2]);
  });

  it("finds what is stored twice", () => {
    expect(judge(ledgerOf([1, 1], [2, 2]), holding(1, 2, 2)).twice).toEqual([2]);
  });

  it("finds what is stored behind a later number", () => {
    expect(judge(ledgerOf(), holding(1, 3, 2, 4)).disordered).toEqual([2]);
  });

  it("finds what was rejected and is stored all the same", () => {
    const ledger = ledgerOf([1, 1]);
    ledger.reject(2, new Error("no"), performance.now());
    ledger.reject(3, new Error("no"), performance.now());
    expect(judge(ledger, holding(1, 3)).rejectedButStored).toMatchObject([{ n: 3 }]);
  });
});

describe("a replay", () => {
  const replay = { name: "r", stream: "FIRST", from: 2, until: 4, failure: undefined };

  it("is complete when it has everything from its beginning to its end", () => {
    expect(faultOf({ ...replay, came: [2, 3, 4] }, holding(1, 2, 3, 4, 5))).toBeUndefined();
    expect(faultOf({ ...replay, came: [2, 3, 4, 5] }, holding(1, 2, 3, 4, 5))).toBeUndefined();
  });

  it("is not when it threw, ended early, left something out, or brought something twice", () => {
    const faults = [
      { ...replay, came: [2, 3, 4], failure: new Error("gone") },
      { ...replay, came: [2, 3] },
      { ...replay, came: [2, 4] },
      { ...replay, came: [2, 3, 3, 4] },
      { ...replay, came: [2, 4, 3, 4] },
    ].map((ledger) => faultOf(ledger, holding(1, 2, 3, 4, 5)));
    expect(faults).toEqual([
      "threw Error: gone",
      "ended at 3, not at 4",
      "has 4 in the place of 3",
      "has 3 in the place of 4",
      "has 4 in the place of 3",
    ]);
  });
});
