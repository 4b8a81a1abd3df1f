import {
  connect,
  headers as natsHeaders,
  type NatsConnection as Peer,
} from "@nats-io/transport-node";
import { HandlerError, NatsConnection, type NatsError } from "alternats";
import {
  ANY,
  type Channel,
  channel,
  headers,
  integer,
  json,
  type NoParams,
  none,
  oneOf,
  type Received,
  type Subject,
  subject,
  text,
  values,
} from "alternats/sdk";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";

interface ChatParams {
  readonly serverId: string;
  readonly steamId: string;
}
interface Chat {
  readonly full_message: string;
  readonly title?: string | undefined;
}
const chatSubject: Subject<ChatParams> = subject("servers.{serverId}.player.{steamId}.chatted");
const chat: Channel<ChatParams, Chat> = channel(chatSubject, json());

const nightly: Channel<NoParams, string> = channel(subject("jobs.nightly"), text());

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

/** Collects what a peer receives on a subject. */
async function peerReceives(
  subject: string,
  count: number,
  send: () => Promise<unknown>,
): Promise<{ subject: string; text: string; headers: [string, string[]][] }[]> {
  const subscription = peer.subscribe(subject, { max: count });
  await peer.flush();
  await send();
  const received = [];
  for await (const message of subscription) {
    received.push({
      subject: message.subject,
      text: message.string(),
      headers: [...(message.headers ?? [])],
    });
  }
  return received;
}

/** Publishes by the peer, then an end mark by us, and returns what our subscription got up to it. */
function collector<P, T, H>(): {
  received: Received<P, T, H>[];
  handler: (message: T, received: Received<P, T, H>) => void;
} {
  const received: Received<P, T, H>[] = [];
  return { received, handler: (_message, one) => void received.push(one) };
}

/** All that the peer published before is delivered to us when this settles. */
async function delivered(): Promise<void> {
  await peer.flush();
  await nats.flush();
}

describe("publishing", () => {
  it("sends the plain JSON to the subject that the parameters make", async () => {
    const received = await peerReceives("servers.>", 3, async () => {
      await chat.publish(nats, { serverId: "eu-1", steamId: "7" }, { full_message: "hello" });
      await chat.publish(nats, chatSubject.at({ serverId: "eu-2", steamId: "8" }), {
        full_message: "höhle",
        title: undefined,
      });
      chat.post(nats, { serverId: "eu-3", steamId: "9" }, { full_message: "bye" });
    });
    expect(received).toEqual([
      { subject: "servers.eu-1.player.7.chatted", text: '{"full_message":"hello"}', headers: [] },
      { subject: "servers.eu-2.player.8.chatted", text: '{"full_message":"höhle"}', headers: [] },
      { subject: "servers.eu-3.player.9.chatted", text: '{"full_message":"bye"}', headers: [] },
    ]);
  });

  it("needs no parameters if the subject has none", async () => {
    const received = await peerReceives("jobs.nightly", 2, async () => {
      await nightly.publish(nats, "run");
      nightly.post(nats, "again", { headers: { Via: "test" } });
    });
    expect(received.map(({ text }) => text)).toEqual(["run", "again"]);
    expect(received[1]?.headers).toEqual([["Via", ["test"]]]);
  });

  it("rejects for parameters that cannot be in a subject, and sends nothing", async () => {
    const hostile = { serverId: "eu-1", steamId: "7.admin" };
    await expect(chat.publish(nats, hostile, { full_message: "x" })).rejects.toMatchObject({
      code: "INVALID_PARAMETER",
      parameter: "steamId",
    });
    expect(() => chat.post(nats, hostile, { full_message: "x" })).toThrow(
      expect.objectContaining({ code: "INVALID_PARAMETER" }),
    );
  });

  it("rejects for the key of another channel", async () => {
    const other: Subject<ChatParams> = subject("other.{serverId}.{steamId}");
    const foreign = other.at({ serverId: "eu-1", steamId: "7" });
    await expect(chat.publish(nats, foreign, { full_message: "x" })).rejects.toMatchObject({
      code: "FOREIGN_KEY",
    });
    expect(() => chat.post(nats, foreign, { full_message: "x" })).toThrow(
      expect.objectContaining({ code: "FOREIGN_KEY" }),
    );
  });

  it("sends nothing at all as an empty payload", async () => {
    const wiped: Channel<NoParams, undefined> = channel(subject("servers.wiped"), none);
    const received = await peerReceives("servers.wiped", 1, () => wiped.publish(nats));
    expect(received.map(({ text }) => text)).toEqual([""]);
  });

  it("hands the engine the same options for every message without headers", () => {
    const seen: unknown[] = [];
    const engine = { post: (...args: unknown[]) => void seen.push(args[2]) } as never;
    const made = chatSubject.at({ serverId: "eu-1", steamId: "7" });
    chat.post(engine, made, { full_message: "a" });
    chat.post(engine, { serverId: "eu-1", steamId: "7" }, { full_message: "b" });
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(seen[1]);
  });
});

describe("subscribing", () => {
  it("passes the message and the parameters that the wildcards matched", async () => {
    const { received, handler } = collector<ChatParams, Chat, object>();
    await chat.subscribe(nats, { serverId: "eu-1" }, handler);
    peer.publish("servers.eu-1.player.7.chatted", '{"full_message":"one"}');
    peer.publish("servers.eu-2.player.7.chatted", '{"full_message":"other server"}');
    peer.publish("servers.eu-1.player.8.chatted", '{"full_message":"two"}');
    await delivered();
    expect(received.map(({ message, params, subject }) => ({ message, params, subject }))).toEqual([
      {
        message: { full_message: "one" },
        params: { serverId: "eu-1", steamId: "7" },
        subject: "servers.eu-1.player.7.chatted",
      },
      {
        message: { full_message: "two" },
        params: { serverId: "eu-1", steamId: "8" },
        subject: "servers.eu-1.player.8.chatted",
      },
    ]);
  });

  it("passes the engine's message as well", async () => {
    const { received, handler } = collector<object, string, object>();
    await nightly.subscribe(nats, handler);
    const sent = natsHeaders();
    sent.set("Via", "peer");
    peer.publish("jobs.nightly", "run", { reply: "answers.here", headers: sent });
    await delivered();
    expect(received[0]?.source.reply).toBe("answers.here");
    expect(received[0]?.source.headers?.get("Via")).toBe("peer");
    expect(received[0]?.params).toEqual({});
  });

  it("rejects for parameters that cannot be in a subject", async () => {
    const wrong = { serverId: undefined } as unknown as { serverId: string };
    await expect(chat.subscribe(nats, wrong, () => {})).rejects.toMatchObject({
      code: "INVALID_PARAMETER",
    });
    await expect(chat.subscribe(nats, { steamId: ">" }, () => {})).rejects.toMatchObject({
      code: "INVALID_PARAMETER",
    });
  });

  it("joins the document's queue group, another, or none", async () => {
    const queued: Channel<ChatParams, Chat> = channel(chatSubject, json(), { queue: "workers" });
    const counts = { first: 0, second: 0, other: 0, alone: 0 };
    const subscriptions = [
      await queued.subscribe(nats, {}, () => void counts.first++),
      await queued.subscribe(nats, {}, () => void counts.second++),
      await queued.subscribe(nats, {}, () => void counts.other++, { queue: "others" }),
      await queued.subscribe(nats, {}, () => void counts.alone++, { queue: false }),
    ];
    expect(subscriptions.map(({ queue }) => queue)).toEqual([
      "workers",
      "workers",
      "others",
      undefined,
    ]);
    for (let i = 0; i < 100; i++) peer.publish(`servers.eu-1.player.${i}.chatted`, "{}");
    await delivered();
    expect(counts.first + counts.second).toBe(100);
    expect(counts).toMatchObject({ other: 100, alone: 100 });
  });

  it("reports an unreadable message to the error handler, and continues", async () => {
    const own: NatsError[] = [];
    const { received, handler } = collector<ChatParams, Chat, object>();
    await chat.subscribe(nats, {}, handler, { onError: (error) => own.push(error) });
    peer.publish("servers.eu-1.player.7.chatted", "{nonsense");
    peer.publish("servers.eu-1.player.7.chatted", '{"full_message":"after"}');
    await delivered();
    expect(own).toMatchObject([{ code: "DESERIALIZE", subject: "servers.eu-1.player.7.chatted" }]);
    expect(errors).toEqual([]);
    expect(received.map(({ message }) => message.full_message)).toEqual(["after"]);
  });

  it("reports a handler's error to the error handler, and continues", async () => {
    let calls = 0;
    await chat.subscribe(nats, {}, async () => {
      calls++;
      throw new Error("handler broke");
    });
    for (let i = 0; i < 2; i++) peer.publish("servers.eu-1.player.7.chatted", "{}");
    await delivered();
    expect(calls).toBe(2);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toBeInstanceOf(HandlerError);
  });

  it("ends with its signal", async () => {
    const controller = new AbortController();
    const subscription = await chat.subscribe(nats, {}, () => {}, { signal: controller.signal });
    controller.abort();
    await subscription.closed;
  });
});

describe("parameters narrower than wildcards", () => {
  interface SlotParams {
    readonly region?: "eu" | "us";
    readonly slot: number;
  }
  const slot: Channel<SlotParams, string> = channel(
    subject("{region}.slot-{slot}", {
      tokens: { region: values("eu", "us"), slot: integer },
      defaults: { region: "eu" },
    }),
    text(),
  );
  const subjects = ["eu.slot-1", "us.slot-2", "eu.slot-x", "asia.slot-3", "eu.seat-4", "us.slot-5"];

  it("skip messages of other channels", async () => {
    const { received, handler } = collector<SlotParams, string, object>();
    await slot.subscribe(nats, { region: ANY }, handler);
    for (const one of subjects) peer.publish(one, one);
    await delivered();
    expect(received.map(({ params }) => params)).toEqual([
      { region: "eu", slot: 1 },
      { region: "us", slot: 2 },
      { region: "us", slot: 5 },
    ]);
    expect(errors).toEqual([]);
  });

  it("do not read such messages", async () => {
    const states: Channel<{ readonly id: string }, { readonly round: number }> = channel(
      subject("game-{id}.state"),
      json(),
    );
    const rounds: number[] = [];
    await states.subscribe(nats, {}, ({ round }) => void rounds.push(round));
    peer.publish("lobby-1.state", "no JSON at all");
    peer.publish("game-1.state", '{"round":1}');
    await delivered();
    expect(rounds).toEqual([1]);
    expect(errors).toEqual([]);
  });

  it("do the same in a loop", async () => {
    const found: string[] = [];
    const messages = slot.messages(nats, { region: "us" });
    await messages.ready;
    for (const one of subjects) peer.publish(one, one);
    for await (const { message } of messages) if (found.push(message) === 2) break;
    expect(found).toEqual(["us.slot-2", "us.slot-5"]);
  });
});

describe("iterating", () => {
  it("is subscribed at the call, and unsubscribed when the loop is left", async () => {
    const messages = chat.messages(nats, { steamId: "7" });
    await messages.ready;
    for (let i = 0; i < 3; i++)
      peer.publish(`servers.eu-${i}.player.7.chatted`, `{"full_message":"${i}"}`);
    const seen: [string, string][] = [];
    for await (const { message, params } of messages) {
      if (seen.push([params.serverId, message.full_message]) === 2) break;
    }
    expect(seen).toEqual([
      ["eu-0", "0"],
      ["eu-1", "1"],
    ]);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  it("skips an unreadable message, and reports it to the error handler", async () => {
    await using messages = nightly.messages(nats);
    const numbers: Channel<NoParams, { n: number }> = channel(subject("jobs.numbers"), json());
    await using typed = numbers.messages(nats);
    await Promise.all([messages.ready, typed.ready]);
    peer.publish("jobs.numbers", "nonsense");
    peer.publish("jobs.numbers", '{"n":1}');
    const { value } = await typed.next();
    expect(value.message).toEqual({ n: 1 });
    expect(errors).toMatchObject([{ code: "DESERIALIZE", subject: "jobs.numbers" }]);
  });

  it("ends on request after the buffered messages", async () => {
    const messages = nightly.messages(nats);
    await messages.ready;
    peer.publish("jobs.nightly", "last");
    await delivered();
    messages.unsubscribe();
    const seen: string[] = [];
    for await (const { message } of messages) seen.push(message);
    expect(seen).toEqual(["last"]);
    expect(messages.dropped).toBe(0);
  });
});

describe("typed headers", () => {
  interface ShotHeaders {
    readonly "Trace-Id": string;
    readonly attempt?: number;
  }
  const shot: Channel<{ readonly id: string }, string, ShotHeaders> = channel(
    subject("shots.{id}"),
    text(headers<ShotHeaders>({ "Trace-Id": "string", attempt: "number?" })),
  );

  it("are sent as text", async () => {
    const received = await peerReceives("shots.*", 1, () =>
      shot.publish(nats, { id: "1" }, "bang", { headers: { "Trace-Id": "7f", attempt: 2 } }),
    );
    expect(received[0]?.headers).toEqual([
      ["Trace-Id", ["7f"]],
      ["attempt", ["2"]],
    ]);
  });

  it("are received with their types", async () => {
    const { received, handler } = collector<{ readonly id: string }, string, ShotHeaders>();
    await shot.subscribe(nats, {}, handler);
    const sent = natsHeaders();
    sent.set("Trace-Id", "7f");
    sent.set("attempt", "3");
    peer.publish("shots.1", "bang", { headers: sent });
    await delivered();
    expect(received[0]?.headers).toEqual({ "Trace-Id": "7f", attempt: 3 });
    expect(received[0]?.message).toBe("bang");
  });

  it("that cannot be read are reported to the error handler", async () => {
    const { received, handler } = collector<{ readonly id: string }, string, ShotHeaders>();
    await shot.subscribe(nats, {}, handler);
    const sent = natsHeaders();
    sent.set("attempt", "many");
    sent.set("Trace-Id", "7f");
    peer.publish("shots.1", "bang", { headers: sent });
    peer.publish("shots.2", "bang");
    await delivered();
    expect(received).toEqual([]);
    const cause = { code: "UNREADABLE_HEADER" };
    expect(errors).toMatchObject([
      { code: "DESERIALIZE", subject: "shots.1", cause: { ...cause, header: "attempt" } },
      { code: "DESERIALIZE", subject: "shots.2", cause: { ...cause, header: "Trace-Id" } },
    ]);
  });
});

describe("several messages on a channel", () => {
  interface Unit {
    readonly name: string;
  }
  interface Job {
    readonly job_id: number;
  }
  const units = channel(
    subject<{ readonly id: string }>("units.{id}"),
    oneOf(
      { unit: json<Unit>(), job: json<Job>() },
      { shapes: { unit: { required: ["name"] }, job: { required: ["job_id"] } } },
    ),
  );

  it("are sent with their name, as the plain payload", async () => {
    const received = await peerReceives("units.1", 1, () =>
      units.publish(nats, { id: "1" }, { name: "job", message: { job_id: 1 } }),
    );
    expect(received).toEqual([
      {
        subject: "units.1",
        text: '{"job_id":1}',
        headers: [["Alternats-Message", ["job"]]],
      },
    ]);
  });

  it("keep the headers of the call", async () => {
    const received = await peerReceives("units.1", 1, () =>
      units.publish(
        nats,
        { id: "1" },
        { name: "job", message: { job_id: 1 } },
        { headers: { Via: "test" } },
      ),
    );
    expect(received[0]?.headers).toEqual([
      ["Via", ["test"]],
      ["Alternats-Message", ["job"]],
    ]);
  });

  it("are distinguished by name, else by the only one that fits, and never guessed", async () => {
    const names: string[] = [];
    await units.subscribe(nats, {}, (message) => {
      names.push(
        message.name === "unit" ? message.message.name : message.message.job_id.toFixed(1),
      );
    });
    const named = natsHeaders();
    named.set("Alternats-Message", "unit");
    peer.publish("units.1", '{"name":"named","job_id":1}', { headers: named });
    peer.publish("units.1", '{"name":"fits"}');
    peer.publish("units.1", '{"name":"neither","job_id":1}');
    peer.publish("units.1", '{"job_id":2}');
    await delivered();
    expect(names).toEqual(["named", "fits", "2.0"]);
    expect(errors).toMatchObject([{ code: "DESERIALIZE", cause: { code: "AMBIGUOUS_MESSAGE" } }]);
  });
});
