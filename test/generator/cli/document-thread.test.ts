import { describe, expect, it } from "vitest";
import type * as threads from "../../../generator/src/workshop/document-thread.ts";
import { builtModule } from "../../support/built.js";

const { DocumentThread } = await builtModule<typeof threads>("workshop/document-thread.js");

const module = (text: string): URL => new URL(`data:text/javascript,${encodeURIComponent(text)}`);

/** Says which thread it runs in. */
const which = module(
  'import { threadId } from "node:worker_threads"; export default async () => threadId;',
);

/** Leaves something behind that ends its thread after the task. */
const ending = module(
  `import { threadId } from "node:worker_threads";
   export default async () => { setTimeout(() => process.exit(), 1); return threadId; };`,
);

/** Runs tasks until one is run by another thread than the first. */
async function another(thread: threads.DocumentThread, first: number): Promise<number> {
  for (;;) {
    const next = await thread.run<undefined, number>(which, undefined).catch(() => first);
    if (next !== first) return next;
  }
}

describe("a document thread", () => {
  it("is kept for the next use", async () => {
    const one = new DocumentThread();
    const first = await one.run<undefined, number>(which, undefined);
    await one[Symbol.asyncDispose]();
    const two = new DocumentThread();
    expect(await two.run<undefined, number>(which, undefined)).toBe(first);
    await two[Symbol.asyncDispose]();
  });

  it("that ends between two tasks is replaced", async () => {
    const thread = new DocumentThread();
    const first = await thread.run<undefined, number>(ending, undefined);
    expect(await another(thread, first)).not.toBe(first);
    await thread[Symbol.asyncDispose]();
  });

  it("that ends while unused is replaced", async () => {
    const one = new DocumentThread();
    const first = await one.run<undefined, number>(ending, undefined);
    await one[Symbol.asyncDispose]();
    const two = new DocumentThread();
    expect(await another(two, first)).not.toBe(first);
    await two[Symbol.asyncDispose]();
  });
});
