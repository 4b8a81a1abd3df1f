import type { NatsCommand, Subscription } from "alternats";
import { consume } from "alternats/jetstream";
import {
  ANY,
  byProperty,
  type Channel,
  channel,
  type Handler,
  headers,
  integer,
  json,
  type Key,
  type Messages,
  type NoParams,
  type OneOf,
  oneOf,
  only,
  type Procedure,
  procedure,
  type RequestOptions,
  type Responder,
  responder,
  type Send,
  type Subject,
  type SubscribeOptions,
  subject,
  text,
  values,
} from "alternats/sdk";
import { describe, expectTypeOf, it } from "vitest";

interface ChatParams {
  readonly serverId: string;
  readonly steamId: string;
}
interface BanParams {
  readonly serverId: string;
}
interface UnitParams {
  readonly region?: "eu" | "us";
  readonly slot: number;
}
interface Chat {
  readonly full_message: string;
  readonly title?: string | undefined;
}
interface Ban {
  readonly steam_id: string;
}
type BanReply = OneOf<{ banned: { until: string }; unknownPlayer: { error: string } }>;
interface TraceHeaders {
  readonly "Trace-Id": string;
  readonly attempt?: number;
}
type Units = OneOf<{ unit: { name: string }; job: { job_id: number } }, { job: TraceHeaders }>;

// As generated code writes them: the annotation alone types what is made.
const chatSubject: Subject<ChatParams> = subject("{serverId}.player.{steamId}.chatted");
const banSubject: Subject<BanParams> = subject("{serverId}.commands.ban");
const unitSubject: Subject<UnitParams> = subject("{region}.{slot}", {
  tokens: { region: values("eu", "us"), slot: integer },
  defaults: { region: "eu" },
});
const nightlySubject: Subject<NoParams> = subject("jobs.nightly");
const chat: Channel<ChatParams, Chat> = channel(chatSubject, json(), { queue: "q" });
const traced: Channel<ChatParams, Chat, TraceHeaders> = channel(
  chatSubject,
  json(headers({ "Trace-Id": "string", attempt: "number?" })),
);
const nightly: Channel<NoParams, string> = channel(nightlySubject, text());
const units: Channel<UnitParams, Units> = channel(
  unitSubject,
  oneOf(
    {
      unit: json<{ name: string }>(),
      job: json<{ job_id: number }, TraceHeaders>(
        headers({ "Trace-Id": "string", attempt: "number?" }),
      ),
    },
    { which: byProperty("kind", { unit: ["unit"], job: ["job"] }) },
  ),
);
const banRequests = oneOf(
  { ban: json<Ban>(), unban: json<Ban>() },
  { shapes: { ban: { required: ["steam_id"] } } },
);
const ban: Procedure<BanParams, Ban, BanReply> = procedure(
  banSubject,
  only(banRequests, "ban"),
  oneOf({ banned: json<{ until: string }>(), unknownPlayer: json<{ error: string }>() }),
  { queue: "ban" },
);
const unban: Procedure<BanParams, Ban, string> = procedure(
  banSubject,
  only(banRequests, "unban"),
  text(),
);
const add: Procedure<NoParams, number[], number> = procedure(subject("math.add"), json(), json());
const bans: Responder<BanParams, { ban: typeof ban; unban: typeof unban }> = responder(
  { ban, unban },
  { queue: "bans" },
);

/** Functions as generated code has them. */
function publishChat(
  nats: NatsCommand,
  params: ChatParams | Key<ChatParams>,
  message: Chat,
): Promise<void> {
  return chat.publish(nats, params, message);
}
function publishTraced(
  nats: NatsCommand,
  params: ChatParams | Key<ChatParams>,
  message: Chat,
  ...options: Send<TraceHeaders>
): Promise<void> {
  return traced.publish(nats, params, message, ...options);
}
function requestBan(
  nats: NatsCommand,
  params: BanParams | Key<BanParams>,
  message: Ban,
  options?: RequestOptions,
): Promise<BanReply> {
  return ban.request(nats, params, message, options);
}
function respondBan(
  nats: NatsCommand,
  params: Partial<BanParams>,
  handler: Handler<BanParams, Ban, Record<never, never>, BanReply>,
  options?: SubscribeOptions,
): Promise<Subscription> {
  return ban.respond(nats, params, handler, options);
}

/** Calls as a user writes them: compiled, never run. */
async function use(nats: NatsCommand, maybe: string | undefined): Promise<void> {
  const message: Chat = { full_message: "a", title: undefined };
  const params = { serverId: "eu-1", steamId: "7" };

  chat.post(nats, params, message);
  chat.post(nats, chatSubject.at(params), message, { headers: { Via: "test" } });
  // @ts-expect-error a parameter is missing
  chat.post(nats, { serverId: "eu-1" }, message);
  // @ts-expect-error a parameter is not a string
  chat.post(nats, { serverId: "eu-1", steamId: 7 }, message);
  // @ts-expect-error a parameter may be undefined
  chat.post(nats, { serverId: "eu-1", steamId: maybe }, message);
  // @ts-expect-error the key of another channel
  chat.post(nats, banSubject.at({ serverId: "eu-1" }), message);
  // @ts-expect-error the key of a channel with more parameters
  await ban.request(nats, chatSubject.at(params), { steam_id: "7" });
  // @ts-expect-error a key without parameters
  chat.post(nats, nightlySubject.at(), message);
  // @ts-expect-error another payload
  chat.post(nats, params, { text: "a" });

  await chat.subscribe(nats, {}, (received, { params }) => {
    expectTypeOf(received).toEqualTypeOf<Chat>();
    expectTypeOf(params).toEqualTypeOf<Required<ChatParams>>();
  });
  await chat.subscribe(nats, { serverId: "eu-1" }, () => {}, { queue: false });
  // What a handler returns is its own affair.
  const texts: string[] = [];
  await chat.subscribe(nats, {}, (received) => texts.push(received.full_message));
  await chat.subscribe(nats, {}, async ({ title }) => title ?? null);
  await nats.subscribe<Chat>("chat", (received) => texts.push(received.full_message));
  await nats.subscribe<Chat>("chat", async () => texts.length);
  const durable = { durable: "notifier" };
  await consume(nats, chat, {}, (received) => texts.push(received.full_message), durable);
  await consume(nats, chat, {}, async ({ title }) => title, durable);
  // @ts-expect-error but what it answers is not
  await ban.respond(nats, {}, () => texts.push("a"));
  // @ts-expect-error another payload
  await chat.subscribe(nats, {}, (received: Ban) => received.steam_id);
  // @ts-expect-error undefined is no wildcard
  await chat.subscribe(nats, { serverId: maybe }, () => {});
  // @ts-expect-error a parameter that there is none of
  await chat.subscribe(nats, { server: "eu-1" }, () => {});
  // @ts-expect-error ANY is for parameters with a default
  await chat.subscribe(nats, { serverId: ANY }, () => {});
  await units.subscribe(nats, { region: ANY }, (unit, { params }) => {
    expectTypeOf(params.region).toEqualTypeOf<"eu" | "us">();
    expectTypeOf(params.slot).toEqualTypeOf<number>();
    if (unit.name === "unit") {
      expectTypeOf(unit.message).toEqualTypeOf<{ name: string }>();
      // @ts-expect-error this one has no typed headers
      unit.headers;
    } else {
      expectTypeOf(unit.message).toEqualTypeOf<{ job_id: number }>();
      expectTypeOf(unit.headers).toEqualTypeOf<TraceHeaders>();
    }
  });
  units.post(nats, { slot: 1 }, { name: "unit", message: { name: "a" } });
  // @ts-expect-error no such region
  units.post(nats, { slot: 1, region: "asia" }, { name: "unit", message: { name: "a" } });
  // @ts-expect-error a name without its message
  units.post(nats, { slot: 1 }, { name: "unit", message: { job_id: 1 } });
  // @ts-expect-error its headers are missing
  units.post(nats, { slot: 1 }, { name: "job", message: { job_id: 1 } });

  traced.post(nats, params, message, { headers: { "Trace-Id": "7f" } });
  // @ts-expect-error a header is required
  traced.post(nats, params, message);
  // @ts-expect-error a header is not text
  traced.post(nats, params, message, { headers: { "Trace-Id": 7 } });
  await traced.subscribe(nats, {}, (_message, { headers }) => {
    expectTypeOf(headers).toEqualTypeOf<TraceHeaders>();
  });

  nightly.post(nats, "run");
  // @ts-expect-error another payload
  nightly.post(nats, 7);
  await nightly.subscribe(nats, (run) => {
    expectTypeOf(run).toEqualTypeOf<string>();
  });
  expectTypeOf(nightly.messages(nats)).toEqualTypeOf<Messages<Record<never, never>, string>>();
  for await (const { message, params } of chat.messages(nats, {})) {
    expectTypeOf(message).toEqualTypeOf<Chat>();
    expectTypeOf(params.steamId).toEqualTypeOf<string>();
  }

  const reply = await ban.request(nats, { serverId: "eu-1" }, { steam_id: "7" }, { timeout: 100 });
  if (reply.name === "banned") expectTypeOf(reply.message.until).toEqualTypeOf<string>();
  else expectTypeOf(reply.message.error).toEqualTypeOf<string>();
  expectTypeOf(add.request(nats, [1])).toEqualTypeOf<Promise<number>>();
  await add.respond(nats, (numbers) => numbers.length);
  // @ts-expect-error another answer
  await add.respond(nats, () => "7");
  // @ts-expect-error an answer that there is none of
  await ban.respond(nats, {}, () => ({ name: "kicked", message: {} }));
  await bans.respond(
    nats,
    {},
    {
      ban: ({ steam_id }) => ({ name: "banned", message: { until: steam_id } }),
      unban: async ({ steam_id }, { params }) => `${steam_id} ${params.serverId}`,
    },
  );
  // @ts-expect-error an operation that there is none of
  await bans.respond(nats, {}, { kick: () => "x" });
  // @ts-expect-error another answer
  await bans.respond(nats, {}, { unban: () => 7 });

  // @ts-expect-error a header type that its values do not have
  headers<TraceHeaders>({ "Trace-Id": "number", attempt: "number" });
  // @ts-expect-error a header is not listed
  headers<TraceHeaders>({ "Trace-Id": "string" });
  // @ts-expect-error a default for a parameter that is required
  subject<UnitParams>("{region}.{slot}", { defaults: { slot: 1 } });
  // @ts-expect-error a default that is not allowed
  subject<UnitParams>("{region}.{slot}", { defaults: { region: "asia" } });
  // @ts-expect-error a name that no message has
  oneOf({ unit: json<Chat>() }, { which: byProperty("kind", { other: ["x"] }) });
}

describe("types of the SDK", () => {
  it("describe the parameters of a subject", () => {
    expectTypeOf(chatSubject.read("a.player.b.chatted")).toEqualTypeOf<Required<ChatParams>>();
    expectTypeOf(unitSubject.read("eu.1")).toEqualTypeOf<{
      readonly region: "eu" | "us";
      readonly slot: number;
    }>();
    expectTypeOf(chatSubject.at({ serverId: "a", steamId: "b" })).toEqualTypeOf<Key<ChatParams>>();
  });

  it("are those of generated functions", () => {
    expectTypeOf(use).returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf(publishChat).parameter(1).toEqualTypeOf<ChatParams | Key<ChatParams>>();
    expectTypeOf(publishTraced).parameter(3).toExtend<{ readonly headers: TraceHeaders }>();
    expectTypeOf(requestBan).returns.toEqualTypeOf<Promise<BanReply>>();
    expectTypeOf(respondBan).returns.toEqualTypeOf<Promise<Subscription>>();
  });
});
