import { join } from "node:path";
import type { Msg } from "@nats-io/transport-node";
import type { NatsCommand, Subscription } from "alternats";
import { describe, expect, it } from "vitest";
import { createClient } from "../fixtures/generator/commands/sdk/client.js";
import {
  publishRobotMoved,
  requestHaltRobot,
  requestPing,
  requestScrapRobot,
  respondHaltRobot,
  respondPing,
  respondRobot,
  robotMovedMessages,
  subscribeRobotMoved,
} from "../fixtures/generator/commands/sdk/index.js";
import {
  publishClosed,
  publishPlaceOrder,
} from "../fixtures/generator/events-version-2/sdk/index.js";
import { publishRequired, subscribeRequired } from "../fixtures/generator/headers/sdk/index.js";
import {
  publishUserDeleted,
  publishUserSignedUp,
  requestCountUsers,
  respondCountUsers,
  subscribeUserChanged,
  subscribeUserDeleted,
  subscribeUserSignedUp,
} from "../fixtures/generator/message-subsets/sdk/index.js";
import {
  requestDeleteDevice,
  requestGetDevice,
  respondDevice,
} from "../fixtures/generator/shared-subject/sdk/index.js";
import { subscribeDefaults, subscribeGlued } from "../fixtures/generator/subjects/sdk/index.js";
import { subscribeByProperty } from "../fixtures/generator/unions/sdk/index.js";
import { type BothSides, startBothSides } from "../support/both-sides.js";
import { lacks } from "../support/requirements.js";
import { corpus, generateFrom, Workbench } from "./support/workbench.js";

/** A promise for the next call. */
function next<T>(): { readonly take: (value: T) => void; readonly value: Promise<T> } {
  let take!: (value: T) => void;
  const value = new Promise<T>((resolve) => {
    take = resolve;
  });
  return { take, value };
}

/** Messages that the official client receives on a subject. */
function heard(theirs: BothSides["theirs"], subject: string): Promise<Msg> {
  const { take, value } = next<Msg>();
  theirs.subscribe(subject, { max: 1, callback: (_error, message) => take(message) });
  return value;
}

describe("a generated SDK over a real server", () => {
  it("sends the plain object as JSON, which another client reads", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const moved = heard(theirs, "camp.*.robots.*.moved");
    const closed = heard(theirs, "bakery.closed");
    const order = heard(theirs, "bakery.orders");
    await theirs.flush();
    await publishRobotMoved(
      ours,
      { campId: "1", robotId: "r2" },
      { x: 1, y: -2.5, floor: undefined },
    );
    await publishClosed(ours, null);
    await publishPlaceOrder(ours, { items: ['the "special"'] });
    expect((await moved).subject).toBe("camp.1.robots.r2.moved");
    expect((await moved).string()).toBe('{"x":1,"y":-2.5}');
    expect((await closed).string()).toBe("null");
    expect((await order).string()).toBe('{"items":["the \\"special\\""]}');
  });

  it("reads another client's messages, with the parameters of the subject", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const { take, value } = next<unknown>();
    await subscribeRobotMoved(ours, { campId: "1" }, (message, { params }) =>
      take({ message, params }),
    );
    theirs.publish("camp.2.robots.r1.moved", '{"x":0,"y":0}');
    theirs.publish("camp.1.robots.r2.moved", '{ "y": 2, "x": 1, "more": true }');
    expect(await value).toEqual({
      message: { x: 1, y: 2, more: true },
      params: { campId: "1", robotId: "r2" },
    });
  });

  it("iterates", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const messages = robotMovedMessages(ours);
    await messages.ready;
    theirs.publish("camp.1.robots.r2.moved", '{"x":1,"y":2}');
    for await (const { message, params } of messages) {
      expect([message, params]).toEqual([
        { x: 1, y: 2 },
        { campId: "1", robotId: "r2" },
      ]);
      break;
    }
  });

  it("passes each operation of a channel only its own messages", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const all: unknown[] = [];
    const onError = (error: unknown): void => void all.push(error);
    await subscribeUserSignedUp(ours, (message) => void all.push(["signedUp", message]), {
      onError,
    });
    const subscription = await subscribeUserDeleted(
      ours,
      (message, { headers }) => void all.push(["deleted", message, headers]),
      { onError },
    );
    await subscribeUserChanged(ours, ({ name }) => void all.push(["changed", name]), { onError });
    await respondCountUsers(ours, () => all.length, { onError });
    await publishUserSignedUp(ours, { kind: "signedUp", email: "a@b" });
    await publishUserDeleted(ours, { kind: "deleted", id: 1 }, { headers: { reason: "asked" } });
    await ours.flush();
    theirs.publish("users", '{"kind":"renamed","name":"b"}');
    await theirs.flush();
    expect(await requestCountUsers(ours, { kind: "ask" })).toBe(4);
    await subscription.drain();
    // Which of two subscriptions the server serves first is its own choice.
    expect(all).toHaveLength(4);
    expect(all).toEqual(
      expect.arrayContaining([
        ["signedUp", { kind: "signedUp", email: "a@b" }],
        ["deleted", { kind: "deleted", id: 1 }, { reason: "asked" }],
        ["changed", "deleted"],
        ["changed", "renamed"],
      ]),
    );
  });

  it("never passes a get request to delete, also if each has its own channel", async () => {
    await using bench = await startBothSides();
    const { ours } = bench;
    await respondDevice(
      ours,
      {},
      { getDevice: ({ seat }, { params }) => `${params.id} ${seat}`, deleteDevice: () => true },
    );
    expect(await requestGetDevice(ours, { id: "7" }, { seat: 1 })).toBe("7 1");
    expect(await requestDeleteDevice(ours, { id: "7" }, { seat: 1 })).toBe(true);
  });

  it("requests and answers, also with several possible answers", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    await respondHaltRobot(ours, {}, ({ robot }) =>
      robot === "r2"
        ? { name: "halted", message: { result: "halted", at: { x: 1, y: 2 } } }
        : { name: "noSuchRobot", message: { result: "noSuchRobot" } },
    );
    await respondPing(ours, () => ({ at: "now" }));
    expect(await requestHaltRobot(ours, { campId: "1" }, { robot: "r2" })).toEqual({
      name: "halted",
      message: { result: "halted", at: { x: 1, y: 2 } },
    });
    expect((await requestHaltRobot(ours, { campId: "1" }, { robot: "r3" })).name).toBe(
      "noSuchRobot",
    );
    expect((await theirs.request("camp.1.halt", '{"robot":"r3"}')).string()).toBe(
      '{"result":"noSuchRobot"}',
    );
    expect(await requestPing(ours)).toEqual({ at: "now" });
    expect((await theirs.request("camp.ping")).json()).toEqual({ at: "now" });
  });

  it("never passes a request to the handler of another one on the same subject", async () => {
    await using bench = await startBothSides();
    const { ours } = bench;
    const scrapped: string[] = [];
    const fed: number[] = [];
    await respondRobot(
      ours,
      {},
      {
        feedRobot: ({ volts }) => {
          fed.push(volts);
          return { ok: true };
        },
        scrapRobot: (_message, { params }) => {
          scrapped.push(params.name);
          return undefined;
        },
      },
    );
    await requestScrapRobot(ours, { name: "r2" }, { volts: 12 });
    expect([fed, scrapped]).toEqual([[], ["r2"]]);
  });

  it("also works as one object", async () => {
    await using bench = await startBothSides();
    const client = createClient(bench.ours);
    await client.ping.respond(() => ({ at: "now" }));
    expect(await client.ping.request()).toEqual({ at: "now" });
    const { take, value } = next<unknown>();
    await client.robotMoved.subscribe({}, (message, { params }) => take({ message, params }));
    await client.robotMoved.publish({ campId: "1", robotId: "r2" }, { x: 1, y: 2 });
    expect(await value).toEqual({
      message: { x: 1, y: 2 },
      params: { campId: "1", robotId: "r2" },
    });
  });

  it("carries typed headers", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const there = heard(theirs, "required");
    await theirs.flush();
    const { take, value } = next<unknown>();
    await subscribeRequired(ours, (message, { headers }) => take({ message, headers }));
    await publishRequired(ours, "text", { headers: { "Trace-Id": "7", attempt: 2, urgent: true } });
    expect((await there).headers?.get("Trace-Id")).toBe("7");
    expect((await there).headers?.get("attempt")).toBe("2");
    expect(await value).toEqual({
      message: "text",
      headers: { "Trace-Id": "7", attempt: 2, urgent: true },
    });
  });

  it("distinguishes the messages of one channel", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const { take, value } = next<unknown>();
    await subscribeByProperty(ours, take);
    theirs.publish("by.property", '{"kind":"shout","text":"hey"}');
    expect(await value).toEqual({ name: "chat", message: { kind: "shout", text: "hey" } });
  });

  it("reads parameters within a token, and fills in defaults", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const glued = next<unknown>();
    const defaults = next<unknown>();
    await subscribeGlued(ours, { major: "2" }, (_message, { params }) => glued.take(params));
    await subscribeDefaults(ours, {}, (_message, { params }) => defaults.take(params));
    theirs.publish("game-7.v1-0", '""');
    theirs.publish("game-7.v2-10", '""');
    theirs.publish("us.basic.1", '""');
    theirs.publish("eu.basic.2", '""');
    expect(await glued.value).toEqual({ id: "7", major: "2", minor: "10" });
    expect(await defaults.value).toEqual({ region: "eu", tier: "basic", slot: "2" });
  });

  it.skipIf(lacks("corpus"))("speaks GamingAPI's own subjects with another client", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    await using workbench = await Workbench.open();
    const { files } = await generateFrom(
      join(corpus, "valid/gamingapi__rust-bundled"),
      "rust.asyncapi.json",
    );
    await workbench.writeAll("sdk", files);
    const sdk: {
      publishPlayerChatted(nats: NatsCommand, params: object, message: object): Promise<void>;
      subscribePlayerChatted(
        nats: NatsCommand,
        params: object,
        handler: (message: object, received: { readonly params: object }) => void,
      ): Promise<Subscription>;
    } = await import(join(workbench.folder, "sdk/index.ts"));
    const chat = {
      steam_id: "76561198000000000",
      player_name: "a",
      full_message: "b",
      is_admin: false,
      timestamp: "",
    };
    const subject = "v0.rust.servers.eu-1.events.player.76561198000000000.chatted";
    const there = heard(theirs, subject);
    await theirs.flush();
    const { take, value } = next<object>();
    await sdk.subscribePlayerChatted(ours, {}, (_message, { params }) => take(params));
    await sdk.publishPlayerChatted(ours, { serverId: "eu-1", steamId: "76561198000000000" }, chat);
    expect((await there).json()).toEqual(chat);
    expect(await value).toEqual({ serverId: "eu-1", steamId: "76561198000000000" });
  });
});
