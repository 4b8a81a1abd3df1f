import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { agree } from "../../examples/rust-server/summary.ts";
import { startBroker } from "../support/broker.js";
import { Run } from "./run.js";

/** The rows of the demo's table: a name and its numbers. */
function rows(output: string): Map<string, number[]> {
  const found = [...output.matchAll(/^(\w+) +(\d+ +\d+(?: +\d+)?)$/gm)];
  return new Map(
    found.map(([, name = "", numbers = ""]) => [name, numbers.split(/ +/).map(Number)]),
  );
}

describe("the demo of the Rust server", () => {
  it("runs all programs and ends by itself with matching counts", async () => {
    const demo = new Run("demo.js", ["2"]);
    expect(await demo.ended).toBe(0);
    expect(demo.output).toContain("All counts agree.");
    expect(demo.output).toMatch(/^the viewer is on http:/m);
    const counts = rows(demo.output);
    expect([...counts.keys()].sort()).toEqual(
      [
        ...["serverStarted", "serverStopped", "serverWiped", "commandRan"],
        ...["playerConnected", "playerDisconnected", "playerRespawned", "playerChatted"],
        ...["playerReported", "playerBanned", "playerUnbanned", "playerHit"],
        ...["resourceGathered", "itemPickedUp", "itemLooted", "itemCrafted"],
        ...["commandQueued", "commandAnswered", "banPlayer", "runCommand", "serverInfo"],
      ].sort(),
    );
    for (const numbers of counts.values()) expect(new Set(numbers).size).toBe(1);
    for (const name of ["serverStarted", "serverStopped", "serverWiped"]) {
      expect(counts.get(name)).toEqual([1, 1]);
    }
    for (const name of ["playerHit", "resourceGathered", "itemCrafted", "playerChatted"]) {
      expect(counts.get(name)?.[0]).toBeGreaterThan(10);
    }
    for (const name of ["banPlayer", "runCommand", "serverInfo"]) {
      expect(counts.get(name)).toHaveLength(3);
      expect(counts.get(name)?.[0]).toBeGreaterThan(0);
    }
    const [, appended, stored, projected] =
      /^(\d+) events appended and acknowledged, (\d+) stored, (\d+) in the tables;$/m.exec(
        demo.output,
      ) ?? [];
    expect(Number(appended)).toBeGreaterThan(0);
    expect([stored, projected]).toEqual([appended, appended]);
  }, 60_000);

  it("rejects an invalid duration", async () => {
    for (const seconds of ["soon", "0", "-1", "1e10"]) {
      const demo = new Run("demo.js", [seconds]);
      expect(await demo.ended).toBe(2);
      expect(demo.output).toContain(`"${seconds}" is no number of seconds`);
    }
  });
});

describe("counts", () => {
  const event = { channel: "a", sent: 2, received: 2, replied: undefined };
  const command = { channel: "b", sent: 1, received: 1, replied: 1 };

  it("match when all that was sent arrived and was answered", () => {
    expect(agree([event, command])).toBe(true);
  });

  it("do not match when something is missing or doubled, or nothing was sent", () => {
    expect(agree([{ ...event, received: 1 }, command])).toBe(false);
    expect(agree([{ ...event, received: 3 }, command])).toBe(false);
    expect(agree([event, { ...command, received: 0, replied: 0 }])).toBe(false);
    expect(agree([event, { ...command, replied: 0 }])).toBe(false);
    expect(agree([{ ...event, sent: 0, received: 0 }])).toBe(false);
    expect(agree([])).toBe(false);
  });
});

describe("the programs, with another NATS client on the other side", () => {
  it("the game server answers commands, publishes events, and announces its end", async () => {
    await using broker = await startBroker({ jetStream: true });
    const peer = await connect({ servers: broker.url });
    const subjects: string[] = [];
    let heardStop: (text: string) => void = () => {};
    const stop = new Promise<string>((resolve) => {
      heardStop = resolve;
    });
    peer.subscribe("v0.rust.servers.eu-9.>", {
      callback: (_error, message) => {
        subjects.push(message.subject);
        if (message.subject.endsWith(".events.stopped")) heardStop(message.string());
      },
    });
    await peer.flush();
    const game = new Run("game-server.js", ["eu-9"], { NATS_URL: broker.url });
    await game.prints("Rust eu-9 is up");

    const info = await peer.request("v0.rust.servers.eu-9.commands.info", '{"players":true}');
    expect(info.json()).toMatchObject({
      name: "Rust eu-9",
      slots: 100,
      players: expect.any(Array),
    });

    const unknown = { steam_id: "76561190000000000" };
    const ban = await peer.request(
      "v0.rust.servers.eu-9.commands.ban",
      JSON.stringify({ ...unknown, reason: "test" }),
    );
    expect(ban.json()).toEqual(unknown);

    const run = await peer.request(
      "v0.rust.servers.eu-9.commands.run",
      '{"command":"say","arguments":["hi"]}',
    );
    expect(run.json()).toEqual({ ok: true, output: 'said "hi"' });

    game.process.kill("SIGTERM");
    expect(JSON.parse(await stop)).toMatchObject({ uptime: expect.any(Number) });
    expect(await game.ended).toBe(0);
    expect(subjects[0]).toBe("v0.rust.servers.eu-9.events.started");
    expect(subjects.at(-1)).toBe("v0.rust.servers.eu-9.events.stopped");
    await peer.close();
  });

  it("the notifier receives events of every server", async () => {
    await using broker = await startBroker({ jetStream: true });
    const peer = await connect({ servers: broker.url });
    const notifier = new Run("notifier.js", [], { NATS_URL: broker.url });
    const player = { steam_id: "76561198000000042", name: "Mole" };
    const text = { at: "2024-05-01T18:30:00.000Z", player, text: "anybody?", audience: "everyone" };
    // Nothing tells when it listens: the peer repeats itself until it is heard.
    const timer = setInterval(() => {
      for (const server of ["eu-1", "us-2"]) {
        peer.publish(
          `v0.rust.servers.${server}.players.${player.steam_id}.events.chatted`,
          JSON.stringify(text),
        );
      }
    }, 20);
    try {
      await notifier.prints("[eu-1] Mole: anybody?");
      await notifier.prints("[us-2] Mole: anybody?");
    } finally {
      clearInterval(timer);
    }
    notifier.process.kill("SIGTERM");
    expect(await notifier.ended).toBe(0);
    await peer.close();
  });

  it("the admin waits for a server that is not up yet", async () => {
    await using broker = await startBroker({ jetStream: true });
    const admin = new Run("admin.js", ["eu-9"], { NATS_URL: broker.url });
    await admin.prints("eu-9 is not up");
    const game = new Run("game-server.js", ["eu-9"], { NATS_URL: broker.url });
    await admin.prints("Rust eu-9: ");
    admin.process.kill("SIGTERM");
    expect(await admin.ended).toBe(0);
    game.process.kill("SIGTERM");
    expect(await game.ended).toBe(0);
  });
});

describe("the history", () => {
  it("stores every event once, serves them, and is rebuilt by one command", async () => {
    await using broker = await startBroker({ jetStream: true });
    const env = {
      NATS_URL: broker.url,
      DATA_DIR: await mkdtemp(join(tmpdir(), "alternats-history-")),
    };
    const peer = await connect({ servers: broker.url });
    try {
      const history = new Run("history.js", [], env);
      await history.prints("the history is served on ");
      const url = /served on (\S+)/.exec(history.output)![1]!;
      const stream = jetstream(peer);
      const player = { steam_id: "76561198000000042", name: "Mole" };
      const victim = { steam_id: "76561198000000043", name: "Rat" };
      const at = "2024-05-01T18:30:00.000Z";
      const later = "2024-05-01T19:30:00.000Z";
      const own = `v0.rust.servers.eu-1.players.${player.steam_id}.events`;
      await stream.publish(`${own}.connected`, JSON.stringify({ at, player, country: "DK" }));
      const hit = { at, attacker: player, victim, weapon: "bow", bone: "head", damage: 100 };
      await stream.publish(
        `${own}.combat.hit`,
        JSON.stringify({ ...hit, distance: 20, killed: true }),
      );
      // Poison messages, and one of a kind that nobody knows.
      await stream.publish(`${own}.chatted`, "{no json");
      await stream.publish(`${own}.chatted`, "{}");
      const nul = { at, player, text: "\0", audience: "everyone" };
      await stream.publish(`${own}.chatted`, JSON.stringify(nul));
      await stream.publish("v0.rust.servers.eu-1.events.unheard-of", "{}");
      await stream.publish(
        `${own}.disconnected`,
        JSON.stringify({ at: later, player, reason: "left", played: 1 }),
      );
      const profile = async () => (await fetch(`${url}/players/${player.steam_id}`)).json();
      await expect
        .poll(profile, { timeout: 10_000 })
        .toMatchObject({ name: "Mole", sessions: [{ country: "DK", reason: "left" }] });
      expect(await profile()).toMatchObject({
        first_seen: at,
        last_seen: later,
        kills: [{ victim: victim.steam_id, distance: 20 }],
      });
      expect(history.output).toContain("is passed over");
      const leaderboard = await (await fetch(`${url}/leaderboard`)).json();
      expect(leaderboard).toMatchObject([{ name: "Mole", points: 110, kills: 1, deaths: 0 }]);
      expect((await fetch(`${url}/players/1`)).status).toBe(404);
      expect((await fetch(`${url}/wipes`, { method: "POST" })).status).toBe(405);
      // What is no path, and no whole number, ends nothing.
      expect((await fetch(`${url}//`)).status).toBe(404);
      expect((await fetch(`${url}/leaderboard?limit=1.5`)).status).toBe(200);
      const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
      expect(Object.keys(document.paths)).toEqual([
        "/leaderboard",
        "/players/{steam_id}",
        "/wipes",
      ]);
      history.process.kill("SIGTERM");
      expect(await history.ended).toBe(0);
      // As one leaves it that is killed at the wrong moment.
      await writeFile(join(env.DATA_DIR, "postmaster.pid"), "");
      const rebuild = new Run("history.js", ["rebuild"], env);
      expect(await rebuild.ended).toBe(0);
      expect(rebuild.output).toContain("100 %");
      expect(rebuild.output).toContain("3 events are in the tables.");
    } finally {
      await peer.close();
      await rm(env.DATA_DIR, { recursive: true, force: true });
    }
  }, 90_000);
});
