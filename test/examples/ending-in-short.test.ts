import { describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { within } from "../support/settled.js";
import { begin, ended, NOWHERE, ready, START, startServer } from "./ending.js";

await whenBuilt("examples/rust-server", "examples/gateway");

// All programs and states: ending.test.ts.
describe("SIGTERM ends", () => {
  it("a game server whose broker is frozen", async () => {
    await using broker = await startServer();
    const program = begin("game-server.js", ["eu-1"], broker.url);
    await ready(program, broker, " is up");
    await broker.pause();
    expect(await ended(program)).toBe(0);
    broker.resume();
  }, 90_000);

  it("a gateway whose broker was never there", async () => {
    const program = begin("../../gateway/dist/gateway.js", [], NOWHERE);
    await within(START, program.prints("Waiting: "), "the word that it waits");
    expect(await ended(program)).toBe(0);
  }, 90_000);
});
