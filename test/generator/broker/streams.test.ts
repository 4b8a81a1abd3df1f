import { NatsConnection } from "alternats";
import {
  append,
  consume,
  ensureStreams,
  last,
  replay,
  replayStream,
  stream,
} from "alternats/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hit } from "../../jetstream/game.js";
import type { Broker } from "../../support/broker.js";
import { Workplace } from "./support.js";

const document = `asyncapi: 3.0.0
info: { title: Game, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
x-alternats-streams: { GAME: { allowDirect: true } }
x-alternats-roles:
  keeper: { streams: "*" }
  server: { trusted: true, publish: hit, parameters: { server: eu-1 } }
  archive: { trusted: true, subscribe: hit }
  player: { trusted: true, subscribe: hit, parameters: { player: 7 } }
channels:
  hit:
    address: game.{server}.{player}.hit
    parameters: { server: {}, player: {} }
    x-alternats-stream: GAME
    messages: { m: { payload: { type: object } } }
`;

const game = stream({ name: "GAME", subjects: ["game.*.*.hit"], allowDirect: true }, { hit });

describe("a role whose messages a stream stores", () => {
  let work: Workplace;
  let broker: Broker;
  const users: Record<string, NatsConnection> = {};

  beforeAll(async () => {
    work = await Workplace.make({ "asyncapi.yaml": document });
    const result = await work.broker("asyncapi.yaml");
    expect(result.code, result.error).toBe(0);
    broker = await work.start();
    for (const name of ["keeper", "server", "archive", "player"]) {
      users[name] = new NatsConnection({
        servers: broker.url,
        authenticator: { seed: (await work.secret(`users/${name}.nk`)).trim() },
        inboxPrefix: `_INBOX_${name}.`,
        onError: () => {},
      });
    }
    await ensureStreams(users.keeper!, [game]);
    for (const player of ["7", "8"]) {
      const { sequence } = await append(users.server!, hit, { server: "eu-1", player }, { n: 1 });
      expect(sequence).toBe(Number(player) - 6);
    }
  }, 60_000);

  afterAll(async () => {
    for (const user of Object.values(users)) await user.close();
    await broker?.[Symbol.asyncDispose]();
    await work?.[Symbol.asyncDispose]();
  });

  const refused = expect.objectContaining({ code: "PERMISSION_VIOLATION" });

  it("replays and consumes its subjects if they are the whole stream", async () => {
    const players: string[] = [];
    for await (const { params } of replay(
      users.archive!,
      hit,
      {},
      { stream: "GAME", from: "first" },
    )) {
      players.push(params.player);
      if (players.length === 2) break;
    }
    expect(players).toEqual(["7", "8"]);
    const consumed = new Promise((resolve) => {
      const options = { stream: "GAME", durable: "archive" };
      void consume(
        users.archive!,
        hit,
        { player: "8" },
        (_, { params }) => resolve(params.player),
        options,
      );
    });
    expect(await consumed).toBe("8");
  });

  it("gets the latest message of its part of a stream, and nothing of the rest", async () => {
    const player = users.player!;
    const at = (player: string) => ({ server: "eu-1", player });
    const latest = await last(player, hit, at("7"), { stream: "GAME" });
    expect(latest?.message).toEqual({ n: 1 });
    await expect(last(player, hit, at("8"), { stream: "GAME" })).rejects.toEqual(refused);
  });

  it("replays its part of a stream, and consumes it with its own consumer", async () => {
    const player = users.player!;
    const options = { from: "first", live: false } as const;
    const seen: string[] = [];
    const own = replay(player, hit, { player: "7" }, { stream: "GAME", ...options });
    for await (const { params } of own) seen.push(params.player);
    for await (const { params } of replayStream(player, game, {
      params: { player: "7" },
      ...options,
    }))
      seen.push(params.player);
    expect(seen).toEqual(["7", "7"]);
    for (const params of [{ player: "8" }, {}]) {
      const foreign = replay(player, hit, params, { stream: "GAME", ...options });
      await expect(foreign.next()).rejects.toEqual(refused);
    }
    await expect(replayStream(player, game, options).next()).rejects.toEqual(refused);
    const consumed = new Promise((resolve) => {
      const named = { stream: "GAME", durable: "player" };
      void consume(player, hit, { player: "7" }, (_, { params }) => resolve(params.player), named);
    });
    expect(await consumed).toBe("7");
    const pull = player.request("$JS.API.CONSUMER.MSG.NEXT.GAME.archive", {});
    await expect(pull).rejects.toEqual(refused);
  });

  it("manages the stream only if permitted", async () => {
    for (const name of ["server", "player"])
      await expect(ensureStreams(users[name]!, [game])).rejects.toEqual(refused);
    const replayed = replay(users.keeper!, hit, {}, { stream: "GAME", from: "first" });
    await expect(replayed.next()).rejects.toEqual(refused);
    const foreign = append(users.server!, hit, { server: "us-1", player: "7" }, { n: 1 });
    await expect(foreign).rejects.toEqual(refused);
  });
});
