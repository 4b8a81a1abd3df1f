import { describe, expect, it } from "vitest";
import { BoundedQueue } from "../../runtime/src/waiting/bounded-queue.ts";

describe("a full queue that drops the oldest", () => {
  it("needs no more memory the longer it drops", () => {
    const queue = new BoundedQueue<number>(
      100,
      "dropOldest",
      { hold() {}, release() {}, lost() {} },
      () => {},
    );
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 10_000_000; i++) queue.push(i);
    const grown = process.memoryUsage().heapUsed - before;
    // Ten million numbers that stay would take 80 MB.
    expect(grown).toBeLessThan(40_000_000);
    expect(queue.length).toBe(100);
    expect(queue.dropped).toBe(9_999_900);
    expect(queue.shift()).toBe(9_999_900);
  });
});
