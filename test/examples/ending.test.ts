import { connect } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { within } from "../support/settled.js";
import { ALONE, begin, ended, NOWHERE, PROGRAMS, ready, START, startServer } from "./ending.js";
import { Run } from "./run.js";

await whenBuilt("examples/rust-server", "examples/gateway");

describe.each(PROGRAMS)("SIGTERM ends %s %j", (script, args, words) => {
  it("within ten seconds, with exit code 0", async () => {
    await using broker = await startServer();
    const program = begin(script, args, broker.url);
    await ready(program, broker, words);
    expect(await ended(program)).toBe(0);
  }, 120_000);

  it("when the server was never there", async () => {
    const program = begin(script, args, NOWHERE);
    // It waits for the server, and says so.
    await within(START, program.prints("Waiting: "), "the word that it waits");
    expect(await ended(program)).toBe(0);
  }, 120_000);

  it("when the server is gone", async () => {
    await using broker = await startServer();
    const program = begin(script, args, broker.url);
    await ready(program, broker, words);
    await broker.stop("SIGKILL");
    expect(await ended(program)).toBe(0);
  }, 120_000);

  it("when the server is frozen", async () => {
    await using broker = await startServer();
    const program = begin(script, args, broker.url);
    await ready(program, broker, words);
    await broker.pause();
    expect(await ended(program)).toBe(0);
    broker.resume();
  }, 120_000);
});

describe.each(ALONE)("SIGTERM ends %s %j", (script, args, words) => {
  it("within ten seconds, with exit code 0", async () => {
    const program = new Run(script, args, { PORT: "0" });
    await within(START, program.prints(words), "the program's start");
    expect(await ended(program)).toBe(0);
  }, 120_000);
});

it("SIGTERM ends a rebuild of the history that waits for its server", async () => {
  const program = begin("history.js", ["rebuild"], NOWHERE);
  await within(START, program.prints("Waiting: "), "the word that it waits");
  expect(await ended(program)).toBe(0);
}, 120_000);

describe("a program that waits for its server", () => {
  it.each(PROGRAMS)(
    "goes to work when that is there (%s %j)",
    async (script, args, words) => {
      const broker = await startServer();
      const { url } = broker;
      await broker.stop();
      try {
        const program = begin(script, args, url);
        await within(START, program.prints("Waiting: "), "the word that it waits");
        await broker.start();
        await ready(program, broker, words);
        expect(await ended(program)).toBe(0);
        // The server is none the worse.
        await (await connect({ servers: url })).close();
      } finally {
        await broker[Symbol.asyncDispose]();
      }
    },
    90_000,
  );
});
