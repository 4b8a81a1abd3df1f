import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Started, start } from "../../examples/gateway/process.ts";
import { type Broker, startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";

await whenBuilt("examples/gateway");

const dist = new URL("../../examples/gateway/dist/", import.meta.url);
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL("load-test.js", dist)), ...args]);

describe("the load test of the gateway", () => {
  it("loses no move while a gateway stops and its players move to the other gateway", async () => {
    const { stdout } = await run("40", "2");
    const [, sent] = /^moves sent +(\d+)/m.exec(stdout)!;
    const [, confirmed] = /^moves confirmed +(\d+)/m.exec(stdout)!;
    expect(Number(sent)).toBeGreaterThan(40);
    expect(confirmed).toBe(sent);
    expect(stdout).toMatch(/^changed gateways +20$/m);
  });

  it("rejects an invalid number", async () => {
    await expect(run("many")).rejects.toMatchObject({ code: 2 });
  });
});

describe("a gateway", () => {
  let broker: Broker;
  let gameLoop: Started<unknown>;
  let gateway: Started<{ readonly port: number }>;
  let player: WebSocket;

  beforeAll(async () => {
    broker = await startBroker();
    const env = { ...process.env, NATS_URL: broker.url, PORT: "0" };
    [gameLoop, gateway] = await Promise.all([
      start(new URL("game-loop.js", dist), env),
      start<{ readonly port: number }>(new URL("gateway.js", dist), env),
    ]);
    player = new WebSocket(`ws://127.0.0.1:${gateway.told.port}`);
    await new Promise((resolve) => player.once("open", resolve));
  });

  afterAll(async () => {
    player?.terminate();
    await Promise.all([gameLoop?.stop(), gateway?.stop()]);
    await broker?.[Symbol.asyncDispose]();
  });

  /** Answers of the gateway, without states of the room. */
  const ask = (frame: string) =>
    new Promise<Record<string, unknown>>((resolve) => {
      const hear = (data: unknown) => {
        const answer = JSON.parse(String(data)) as Record<string, unknown>;
        if ("state" in answer) return;
        player.off("message", hear);
        resolve(answer);
      };
      player.on("message", hear);
      player.send(frame);
    });

  it.each([
    "no JSON",
    "null",
    "[]",
    "{}",
    '{"open":{"slots":1e9}}',
    '{"join":{"roomId":"a.b","playerId":"x"}}',
    '{"join":{"roomId":"*","playerId":">"}}',
    '{"move":{"sequence":1,"dx":1e300,"dy":0}}',
  ])("rejects %s", async (frame) => {
    expect(await ask(frame)).toEqual({ refused: "That is no message of this game." });
  });

  it("rejects moves outside a room, and unknown rooms", async () => {
    expect(await ask('{"move":{"sequence":1,"dx":0,"dy":0}}')).toEqual({
      refused: "Join a room first.",
    });
    const { refused } = await ask('{"join":{"roomId":"nowhere","playerId":"mia"}}');
    expect(refused).toContain("arena.rooms.nowhere.join");
  });

  it("admits a player while the room has a place, and reports a full room", async () => {
    const { opened } = await ask('{"open":{"slots":1}}');
    const other = new WebSocket(`ws://127.0.0.1:${gateway.told.port}`);
    await new Promise((resolve) => other.once("open", resolve));
    other.send(JSON.stringify({ join: { roomId: opened, playerId: "ben" } }));
    await new Promise((resolve) => other.once("message", resolve));
    expect(await ask(JSON.stringify({ join: { roomId: opened, playerId: "mia" } }))).toEqual({
      refused: "The room is full: it takes 1.",
    });
    other.terminate();
  });
});
