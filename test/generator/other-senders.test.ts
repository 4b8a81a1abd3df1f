import { headers as natsHeaders } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import {
  requestFeedRobot,
  requestScrapRobot,
  respondRobot,
} from "../fixtures/generator/commands/sdk/index.js";
import {
  subscribeCommand,
  subscribeEvent,
} from "../fixtures/generator/messages-by-value/sdk/index.js";
import {
  publishAcc,
  subscribeAcc,
} from "../fixtures/generator/messages-of-one-schema/sdk/index.js";
import { startBothSides } from "../support/both-sides.js";

/** Messages with the names that the SDK gives them, in the order of arrival. */
class Deliveries {
  readonly all: unknown[] = [];
  readonly errors: Error[] = [];
  readonly handler = (message: unknown): void => void this.all.push(message);
  readonly options = { onError: (error: Error): void => void this.errors.push(error) };
}

describe("messages of a sender that knows nothing of the SDK", () => {
  it("are distinguished by their values, among those that the operation receives", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const [commands, events] = [new Deliveries(), new Deliveries()];
    await subscribeCommand(ours, commands.handler, commands.options);
    await subscribeEvent(ours, events.handler, events.options);
    const join = { type: "join", id: "1" };
    const ack = { type: "ack", id: "2" };
    const moved = { type: "moved", id: "3" };
    for (const each of [join, ack, moved]) theirs.publish("game", JSON.stringify(each));
    await theirs.flush();
    await ours.flush();
    // The acknowledgement of each direction has the same value: it is one for both.
    expect(commands.all).toEqual([
      { name: "Join", message: join },
      { name: "Ack", message: ack },
    ]);
    expect(events.all).toEqual([
      { name: "ServerAck", message: ack },
      { name: "Moved", message: moved },
    ]);
    expect([...commands.errors, ...events.errors]).toEqual([]);
  });

  it("are delivered without a name if several schemas are equal, and passed on as they came", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const received = new Deliveries();
    await subscribeAcc(ours, received.handler, received.options);
    const named = natsHeaders();
    named.set("Alternats-Message", "Updated");
    theirs.publish("acc", '{"id":"1"}');
    theirs.publish("acc", '{"id":"2"}', { headers: named });
    theirs.publish("acc", '{"no":"3"}');
    await theirs.flush();
    await ours.flush();
    expect(received.all).toEqual([
      { name: undefined, message: { id: "1" } },
      { name: "Updated", message: { id: "2" } },
    ]);
    expect(received.errors).toMatchObject([{ cause: { code: "UNKNOWN_MESSAGE" } }]);
    const passedOn: unknown[] = [];
    theirs.subscribe("acc", {
      callback: (_error, { data, headers }) =>
        void passedOn.push([new TextDecoder().decode(data), headers?.get("Alternats-Message")]),
    });
    await theirs.flush();
    await publishAcc(ours, { name: undefined, message: { id: "4" } });
    await publishAcc(ours, { name: "Created", message: { id: "5" } });
    await ours.flush();
    await theirs.flush();
    expect(passedOn).toEqual([
      ['{"id":"4"}', undefined],
      ['{"id":"5"}', "Created"],
    ]);
  });

  it("reach the operation that the header names, and never a guessed one", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const asked: string[] = [];
    const handlers = {
      feedRobot: () => {
        asked.push("feed");
        return { ok: true };
      },
      scrapRobot: () => void asked.push("scrap"),
    };
    await respondRobot(ours, {}, handlers, { onError: () => {} });
    const ask = async (name?: string): Promise<string> => {
      const headers = natsHeaders();
      if (name !== undefined) headers.set("Alternats-Message", name);
      const reply = await theirs.request("robots.r2", '{"volts":1}', { headers, timeout: 10_000 });
      return reply.headers?.get("Nats-Service-Error") ?? "";
    };
    // The keys of the document, then the names that version 0.1.0 wrote.
    for (const name of ["feed", "scrap", "feedRobot", "scrapRobot"])
      expect(await ask(name)).toBe("");
    expect(asked).toEqual(["feed", "scrap", "feed", "scrap"]);
    expect(await ask()).not.toBe("");
    expect(asked).toHaveLength(4);
  });

  it("read the key of the document in the header of a request", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const names: (string | undefined)[] = [];
    theirs.subscribe("robots.r2", {
      callback: (_error, message) => {
        names.push(message.headers?.get("Alternats-Message"));
        message.respond('{"ok":true}');
      },
    });
    await theirs.flush();
    await requestFeedRobot(ours, { name: "r2" }, { volts: 1 });
    await requestScrapRobot(ours, { name: "r2" }, { volts: 1 });
    expect(names).toEqual(["feed", "scrap"]);
  });
});
