import { describe, expect, it } from "vitest";
import type { ServerConnection } from "../../runtime/src/connection/server-connection.ts";
import { StateMachine } from "../../runtime/src/connection/state.ts";

// The machine only keeps it.
const server = (name: string) => ({ name }) as unknown as ServerConnection;

describe("the state of a connection", () => {
  it("is idle before the first use, and again after the first connection failed", async () => {
    const machine = new StateMachine();
    expect(machine.state).toEqual({ name: "idle" });
    expect(machine.link).toBeUndefined();
    machine.connect();
    const opened = machine.link?.opened.promise;
    machine.attempt(server("a"));
    expect(machine.link).toMatchObject({ name: "connecting", server: { name: "a" } });
    machine.failed(new Error("refused"));
    await expect(opened).rejects.toThrow("refused");
    expect(machine.state).toEqual({ name: "idle" });
  });

  it("goes from connecting to open, and to reconnecting whenever the link is lost", async () => {
    const machine = new StateMachine();
    machine.connect();
    const opened = machine.link?.opened.promise;
    machine.opened(server("a"));
    await opened;
    expect(machine.state).toMatchObject({ name: "open", server: { name: "a" } });
    machine.lost();
    expect(machine.state).toMatchObject({ name: "reconnecting", server: undefined });
    machine.attempt(server("b"));
    machine.opened(server("b"));
    expect(machine.state).toMatchObject({ name: "open", server: { name: "b" } });
  });

  it("keeps following its link while it drains", () => {
    const machine = new StateMachine();
    void machine.connect();
    machine.opened(server("a"));
    machine.drain(false);
    expect([machine.state.name, machine.link?.name]).toEqual(["draining", "open"]);
    machine.lost();
    expect([machine.state.name, machine.link?.name]).toEqual(["draining", "reconnecting"]);
    machine.opened(server("b"));
    expect([machine.state.name, machine.link?.server, machine.closing]).toEqual([
      "draining",
      { name: "b" },
      false,
    ]);
    machine.drain(true);
    expect([machine.link?.server, machine.closing]).toEqual([{ name: "b" }, true]);
  });

  it("ends once and for good, and tells whoever waits for the link", async () => {
    const machine = new StateMachine();
    machine.connect();
    const opened = machine.link?.opened.promise;
    machine.drain(true);
    machine.end(new Error("closed"));
    await expect(opened).rejects.toThrow("closed");
    machine.drain(false);
    expect(machine.state).toEqual({ name: "ended" });
    expect([machine.link, machine.closing]).toEqual([undefined, true]);
  });
});
