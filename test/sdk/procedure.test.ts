import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection, type NatsError } from "alternats";
import {
  json,
  type NoParams,
  none,
  type OneOf,
  oneOf,
  only,
  type Procedure,
  procedure,
  type Responder,
  responder,
  type Subject,
  subject,
  text,
} from "alternats/sdk";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";

interface ServerParams {
  readonly serverId: string;
}
interface Ban {
  readonly steam_id: string;
}
type BanReply = OneOf<{ banned: { until: string }; unknownPlayer: { error: string } }>;

const ban: Procedure<ServerParams, Ban, BanReply> = procedure(
  subject("servers.{serverId}.commands.ban"),
  json(),
  oneOf(
    { banned: json<{ until: string }>(), unknownPlayer: json<{ error: string }>() },
    { shapes: { banned: { required: ["until"] }, unknownPlayer: { required: ["error"] } } },
  ),
  { queue: "ban" },
);
const add: Procedure<NoParams, number[], number> = procedure(subject("math.add"), json(), json(), {
  queue: "add",
});

let broker: Awaited<ReturnType<typeof startBroker>>;
let nats: NatsConnection;
let peer: Peer;
let errors: NatsError[];

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
});
beforeEach(async () => {
  errors = [];
  nats = new NatsConnection({ servers: broker.url, onError: (error) => errors.push(error) });
  peer = await connect({ servers: broker.url });
});
afterEach(async () => {
  await nats.close();
  await peer.close();
});

describe("requesting", () => {
  it("receives the typed answer of another client", async () => {
    peer.subscribe("servers.*.commands.ban", {
      callback: (_error, message) => {
        const { steam_id } = message.json<Ban>();
        message.respond(JSON.stringify({ until: `${message.subject}/${steam_id}` }));
      },
    });
    await peer.flush();
    const reply = await ban.request(nats, { serverId: "eu-1" }, { steam_id: "7" });
    expect(reply).toEqual({
      name: "banned",
      message: { until: "servers.eu-1.commands.ban/7" },
    });
  });

  it("accepts a key", async () => {
    await ban.respond(nats, {}, () => ({ name: "banned", message: { until: "never" } }));
    const eu1 = ban.subject.at({ serverId: "eu-1" });
    expect((await ban.request(nats, eu1, { steam_id: "7" })).name).toBe("banned");
  });

  it("distinguishes a missing responder from one that does not answer in time", async () => {
    await expect(add.request(nats, [1])).rejects.toMatchObject({
      code: "NO_RESPONDERS",
      subject: "math.add",
    });
    await add.respond(nats, () => new Promise(() => {}));
    await expect(add.request(nats, [1], { timeout: 50 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
  });

  it("rejects with the signal's reason", async () => {
    await add.respond(nats, () => new Promise(() => {}));
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const request = add.request(nats, [1], { signal: controller.signal });
    controller.abort(reason);
    await expect(request).rejects.toBe(reason);
  });

  it("rejects for parameters that cannot be in a subject", async () => {
    await expect(ban.request(nats, { serverId: "*" }, { steam_id: "7" })).rejects.toMatchObject({
      code: "INVALID_PARAMETER",
      parameter: "serverId",
    });
  });

  it("never guesses which answer it received", async () => {
    peer.subscribe("servers.*.commands.ban", {
      callback: (_error, message) => void message.respond('{"until":"x","error":"y"}'),
    });
    await peer.flush();
    await expect(ban.request(nats, { serverId: "eu-1" }, { steam_id: "7" })).rejects.toMatchObject({
      code: "DESERIALIZE",
      cause: { code: "AMBIGUOUS_MESSAGE" },
    });
  });
});

describe("responding", () => {
  it("answers another client, with parameters", async () => {
    await ban.respond(nats, {}, async ({ steam_id }, { params }) =>
      steam_id === ""
        ? { name: "unknownPlayer", message: { error: "who?" } }
        : { name: "banned", message: { until: params.serverId } },
    );
    const answer = await peer.request("servers.eu-7.commands.ban", '{"steam_id":"7"}');
    expect(answer.string()).toBe('{"until":"eu-7"}');
    expect(answer.headers?.get("Alternats-Message")).toBe("banned");
  });

  it("needs no parameters if the subject has none", async () => {
    await add.respond(nats, (numbers) => numbers.reduce((sum, number) => sum + number, 0));
    expect(await add.request(nats, [1, 2, 3])).toBe(6);
    expect((await peer.request("math.add", "[4,5]")).string()).toBe("9");
  });

  it("answers with an empty payload if the document says so", async () => {
    const stop: Procedure<ServerParams, undefined, undefined> = procedure(
      subject("servers.{serverId}.stop"),
      none,
      none,
    );
    await stop.respond(nats, {}, () => undefined);
    expect(await stop.request(nats, { serverId: "eu-1" }, undefined)).toBeUndefined();
    expect((await peer.request("servers.eu-1.stop", "")).data).toHaveLength(0);
  });

  it("joins its queue group, so that one of several answers", async () => {
    const calls = { first: 0, second: 0 };
    await add.respond(nats, () => ++calls.first);
    await add.respond(nats, () => ++calls.second);
    for (let i = 0; i < 50; i++) await add.request(nats, [i]);
    expect(calls.first + calls.second).toBe(50);
  });

  it("sends an error to the requester if the handler throws", async () => {
    await add.respond(nats, () => {
      throw new Error("cannot add");
    });
    await expect(add.request(nats, [1])).rejects.toMatchObject({
      code: "SERVICE",
      description: "cannot add",
    });
    expect(errors).toMatchObject([{ code: "HANDLER", subject: "math.add" }]);
  });
});

describe("responding with wildcards that match more than the channel", () => {
  const state: Procedure<{ readonly id: string }, string, string> = procedure(
    subject("lobby.game-{id}"),
    text(),
    text(),
  );

  it("answers its own requests and ignores others", async () => {
    await state.respond(nats, {}, (ask, { params }) => `${ask} ${params.id}`);
    expect((await peer.request("lobby.game-7", "state of")).string()).toBe("state of 7");
    await expect(peer.request("lobby.match-7", "state of", { timeout: 100 })).rejects.toThrow();
    expect(errors).toEqual([]);
  });

  it("does not answer unreadable requests of other channels", async () => {
    const typed: Procedure<{ readonly id: string }, { n: number }, number> = procedure(
      subject("room.game-{id}"),
      json(),
      json(),
    );
    await typed.respond(nats, {}, ({ n }) => n + 1);
    expect((await peer.request("room.game-7", '{"n":1}')).string()).toBe("2");
    await expect(peer.request("room.match-7", "no JSON", { timeout: 100 })).rejects.toThrow();
    expect(errors).toEqual([]);
  });

  it("sends an error to the requester if the handler throws", async () => {
    await state.respond(nats, {}, async () => {
      throw new Error("no\r\nsuch game");
    });
    await expect(state.request(nats, { id: "7" }, "x")).rejects.toMatchObject({
      code: "SERVICE",
      status: 500,
      description: "no such game",
    });
    expect(errors).toMatchObject([{ code: "HANDLER", subject: "lobby.game-7" }]);
  });
});

describe("several procedures on one subject", () => {
  interface DeviceParams {
    readonly id: string;
  }
  interface Get {
    readonly seatId: number;
  }
  interface Delete {
    readonly seatId: number;
    readonly force?: boolean;
  }
  interface Done {
    readonly done: string;
  }
  const device: Subject<DeviceParams> = subject("device.{id}");
  const asked = oneOf(
    { get: json<Get>(), delete: json<Delete>(), moved: json<{ readonly to: string }>() },
    {
      shapes: {
        get: { required: ["seatId"] },
        delete: { required: ["seatId"], optional: ["force"] },
        moved: { required: ["to"] },
      },
    },
  );
  const get: Procedure<DeviceParams, Get, Done> = procedure(device, only(asked, "get"), json());
  const remove: Procedure<DeviceParams, Delete, Done> = procedure(
    device,
    only(asked, "delete"),
    json(),
  );
  const all: Responder<DeviceParams, { get: typeof get; delete: typeof remove }> = responder(
    { get, delete: remove },
    { queue: "device" },
  );

  it("are each answered by their own handler, with one subscription", async () => {
    const subscription = await all.respond(
      nats,
      {},
      {
        get: ({ seatId }, { params }) => ({ done: `got ${seatId} of ${params.id}` }),
        delete: async ({ force }, { message }) => ({ done: `${force} ${message.seatId}` }),
      },
    );
    expect(subscription.queue).toBe("device");
    expect(subscription.subject).toBe("device.*");
    expect(await get.request(nats, { id: "7" }, { seatId: 1 })).toEqual({ done: "got 1 of 7" });
    expect(await remove.request(nats, { id: "7" }, { seatId: 2, force: true })).toEqual({
      done: "true 2",
    });
  });

  it("never let a request reach the handler of another operation", async () => {
    const deleted: unknown[] = [];
    await all.respond(
      nats,
      {},
      {
        get: () => ({ done: "got" }),
        delete: (message) => {
          deleted.push(message);
          return { done: "deleted" };
        },
      },
    );
    // A peer that sends no name: what both could be is answered by an error, what only one can be by it.
    const unclear = await peer.request("device.7", '{"seatId":1}');
    expect(unclear.headers?.get("Nats-Service-Error")).toContain("get, delete");
    expect(deleted).toEqual([]);
    const clear = await peer.request("device.7", '{"seatId":1,"force":true}');
    expect(clear.string()).toBe('{"done":"deleted"}');
    expect(errors).toMatchObject([{ code: "DESERIALIZE", cause: { code: "AMBIGUOUS_MESSAGE" } }]);
  });

  it("skip unknown requests, which another responder can answer", async () => {
    const asked: unknown[] = [];
    const get7 = (message: Get): Done => ({ done: `${asked.push(message)}` });
    await all.respond(nats, {}, { get: get7 });
    const acks = peer.subscribe("acks", { max: 1 });
    peer.publish("device.7", '{"to":"eu"}', { reply: "acks" });
    await peer.flush();
    await get.request(nats, { id: "7" }, { seatId: 1 });
    peer.publish("acks", "the end");
    for await (const ack of acks) expect(ack.string()).toBe("the end");
    expect(asked).toEqual([{ seatId: 1 }]);
    expect(errors).toEqual([]);
  });

  it("answer an operation without a handler with an error", async () => {
    await all.respond(nats, { id: "7" }, { get: () => ({ done: "got" }) });
    await expect(remove.request(nats, { id: "7" }, { seatId: 1 })).rejects.toMatchObject({
      code: "SERVICE",
      description: expect.stringContaining('no handler for the operation "delete"'),
    });
    expect(errors).toMatchObject([{ cause: { code: "UNHANDLED_OPERATION", operation: "delete" } }]);
  });

  it("are rejected if their subjects differ", () => {
    expect(() => responder({ get, ban } as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(() => responder({})).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("are rejected if nothing distinguishes their requests", () => {
    const untold = procedure<DeviceParams, Get, Done>(device, json(), json());
    for (const operations of [
      { get, untold },
      { get, again: get },
    ]) {
      expect(() => responder(operations as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
  });

  it("can have a subject without parameters", async () => {
    const place = subject("math");
    const asked = oneOf({ plus: json<number>(), minus: json<number>() });
    const plus: Procedure<NoParams, number, number> = procedure(place, only(asked, "plus"), json());
    const minus: Procedure<NoParams, number, number> = procedure(
      place,
      only(asked, "minus"),
      json(),
    );
    const both: Responder<NoParams, { plus: typeof plus; minus: typeof minus }> = responder({
      plus,
      minus,
    });
    await both.respond(nats, { plus: (n) => n + 1, minus: (n) => n - 1 });
    expect([await plus.request(nats, 5), await minus.request(nats, 5)]).toEqual([6, 4]);
  });
});
