import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  connect,
  credsAuthenticator,
  type Msg,
  nkeyAuthenticator,
  type NatsConnection as Official,
} from "@nats-io/transport-node";
import { NatsConnection } from "alternats";
import { consume, last } from "alternats/jetstream";
import { type Channel, channel, json, type Subject, subject } from "alternats/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hit } from "../../jetstream/game.js";
import type { Broker } from "../../support/broker.js";
import { Workplace } from "./support.js";

const document = `asyncapi: 3.0.0
info: { title: Game, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
x-alternats-streams:
  HITS_{server}: { subjects: ['game.{server}.*.hit'], maxBytes: 1MB, discard: new }
  ORDERS: { retention: workqueue }
  NEWS: {}
x-alternats-roles:
  keeper: { streams: "*", publish: [order, news], subscribe: "*", request: "*" }
  owner:
    publish: hit
    subscribe: order
    respond: kick
    users: { a: { server: a }, b: { server: b } }
  partner: { subscribe: hit, request: kick, parameters: { server: a } }
  viewer: { subscribe: [hit, news], users: { public: { server: a, topic: open } } }
channels:
  hit:
    address: game.{server}.{player}.hit
    parameters: { server: {}, player: {} }
    x-alternats-stream: HITS_{server}
    messages: { m: { payload: { type: object } } }
  order:
    address: orders.{server}
    parameters: { server: {} }
    x-alternats-stream: ORDERS
    messages: { m: { payload: { type: object } } }
  news:
    address: news.{topic}
    parameters: { topic: {} }
    x-alternats-stream: NEWS
    messages: { m: { payload: { type: object } } }
  kick:
    address: kick.{server}
    parameters: { server: {} }
    messages: { m: { payload: { type: object } } }
  kicked: { address: null, messages: { m: { payload: { type: object } } } }
operations:
  publishHit: { action: send, channel: { $ref: '#/channels/hit' } }
  sendOrder: { action: send, channel: { $ref: '#/channels/order' } }
  publishNews: { action: send, channel: { $ref: '#/channels/news' } }
  respondKick:
    action: receive
    channel: { $ref: '#/channels/kick' }
    reply: { channel: { $ref: '#/channels/kicked' } }
`;

interface OrderParams {
  readonly server: string;
}

const orderSubject: Subject<OrderParams> = subject("orders.{server}");
const order: Channel<OrderParams, object> = channel(orderSubject, json());

const streams = ["HITS_a", "HITS_b", "ORDERS", "NEWS"];

describe.each([
  ["keys in the configuration", [], "nk"],
  ["an operator", ["--operator"], "creds"],
] as const)("users that are not trusted, with %s", { timeout: 60_000 }, (_, options, ending) => {
  let work: Workplace;
  let broker: Broker;
  const users: Record<string, Official> = {};
  const ours: NatsConnection[] = [];

  const official = async (name: string): Promise<Official> => {
    const text = new TextEncoder().encode(await work.secret(`users/${name}.${ending}`));
    return connect({
      servers: broker.url.replace("nats://", ""),
      authenticator:
        ending === "nk" ? nkeyAuthenticator(text.subarray(0, 58)) : credsAuthenticator(text),
      inboxPrefix: `_INBOX_${name}`,
    });
  };
  const engine = async (name: string): Promise<NatsConnection> => {
    const nats = new NatsConnection({
      servers: broker.url,
      authenticator:
        ending === "nk"
          ? { seed: (await work.secret(`users/${name}.nk`)).trim() }
          : { credsFile: join(work.secrets, `users/${name}.creds`) },
      inboxPrefix: `_INBOX_${name}.`,
      onError: () => {},
    });
    ours.push(nats);
    return nats;
  };
  /** All stored messages of a stream, as the keeper reads them. */
  const stored = async (stream: string): Promise<number | "gone"> => {
    const answer = await users.keeper!.request(`$JS.API.STREAM.INFO.${stream}`);
    const { state } = answer.json<{ state?: { messages: number } }>();
    return state?.messages ?? "gone";
  };
  const all = async () =>
    Object.fromEntries(await Promise.all(streams.map(async (name) => [name, await stored(name)])));
  const ask = (name: string, subject: string, payload = "") =>
    users[name]!.request(subject, payload, { timeout: 10_000 }).then(
      (message) => message.string(),
      (error: Error) => error.message,
    );
  const provision = () =>
    work.command("provision", "asyncapi.yaml", "--server", broker.url, "--json");

  beforeAll(async () => {
    work = await Workplace.make({ "asyncapi.yaml": document });
    const result = await work.broker("asyncapi.yaml", ...options);
    expect(result.code, result.error).toBe(0);
    broker = await work.start();
    const provisioned = await provision();
    expect(provisioned.code, provisioned.error).toBe(0);
    for (const name of ["keeper", "a", "b", "partner", "public"])
      users[name] = await official(name);
  }, 60_000);

  afterAll(async () => {
    for (const nats of ours) await nats.close();
    for (const nats of Object.values(users)) await nats.close();
    await broker?.[Symbol.asyncDispose]();
    await work?.[Symbol.asyncDispose]();
  });

  it("are provided with streams, parts and consumers once", async () => {
    expect(JSON.parse((await provision()).out)).toEqual([]);
  });

  it("append their own events, which trusted users and strangers hear", async () => {
    const heard: Record<string, string[]> = { keeper: [], partner: [], public: [], b: [] };
    for (const name of ["keeper", "partner", "public"]) {
      users[name]!.subscribe("game.a.*.hit", {
        callback: (_, message) => void heard[name]!.push(message.subject),
      });
      await users[name]!.flush();
    }
    expect(await ask("a", "game.a.1.hit", "{}")).toContain('"stream":"HITS_a"');
    expect(await ask("b", "game.b.1.hit", "{}")).toContain('"stream":"HITS_b"');
    expect(await ask("b", "game.a.1.hit", "{}")).not.toContain("HITS");
    await expect
      .poll(() => heard, { timeout: 10_000 })
      .toEqual({
        keeper: ["game.a.1.hit"],
        partner: ["game.a.1.hit"],
        public: ["game.a.1.hit"],
        b: [],
      });
    expect(await all()).toMatchObject({ HITS_a: 1, HITS_b: 1 });
  });

  it("answer requests of trusted users and of other strangers", async () => {
    users.a!.subscribe("kick.a", {
      queue: "kick",
      callback: (_, message) => void message.respond("ok"),
    });
    await users.a!.flush();
    expect(await ask("keeper", "kick.a")).toBe("ok");
    expect(await ask("partner", "kick.a")).toBe("ok");
    expect(await ask("partner", "kick.b")).not.toBe("ok");
  });

  it("consume with a consumer that the platform made, and acknowledge", async () => {
    const nats = await engine("a");
    for (const server of ["a", "b"]) await ask("keeper", `orders.${server}`, "{}");
    expect(await stored("ORDERS")).toBe(2);
    const received: unknown[] = [];
    const options = { stream: "ORDERS", durable: "a_order", domain: "APP", existing: true };
    await using _worker = await consume(
      nats,
      order,
      { server: "a" },
      (message) => received.push(message),
      options,
    );
    await expect.poll(() => stored("ORDERS"), { timeout: 10_000 }).toBe(1);
    expect(received).toEqual([{}]);
  });

  it("replay by direct reads what they may read, and nothing else", async () => {
    for (const topic of ["open", "secret", "open"])
      await ask("keeper", `news.${topic}`, `{"n":"${topic}"}`);
    const read = async (name: string, stream: string, body: object) => {
      const found: string[] = [];
      const inbox = `_INBOX_${name}.${crypto.randomUUID()}`;
      const messages = users[name]!.subscribe(inbox);
      users[name]!.publish(`$JS.APP.API.DIRECT.GET.${stream}`, JSON.stringify(body), {
        reply: inbox,
      });
      for await (const { headers } of messages) {
        if (headers === undefined || headers.code === 204 || headers.code >= 400) break;
        found.push(headers.get("Nats-Subject"));
      }
      return found;
    };
    await expect
      .poll(() => read("public", "NEWS", { seq: 1, batch: 10 }), { timeout: 10_000 })
      .toEqual(["news.open", "news.open"]);
    expect(await read("public", "NEWS", { multi_last: ["news.*"], batch: 10 })).toEqual([
      "news.open",
    ]);
    expect(await read("public", "HITS_a", { seq: 1, batch: 10 })).toEqual(["game.a.1.hit"]);
    const nats = await engine("partner");
    const at = { server: "a", player: "1" };
    const latest = await last(nats, hit, at, { stream: "HITS_a", domain: "APP" });
    expect(latest?.message).toEqual({});
  });

  it("do nothing to streams and to others, whatever reply subject they choose", async () => {
    const before = await all();
    const heard: string[] = [];
    for (const [name, nats] of Object.entries(users)) {
      const note = (message: Msg) => {
        if (!message.subject.includes(".own")) heard.push(`${name} ${message.subject}`);
      };
      for (const subject of { keeper: ["game.b.*.hit", "news.*", "orders.*"], b: ["orders.b"] }[
        name
      ] ?? [])
        nats.subscribe(subject, { callback: (_, message) => note(message) });
      await nats.flush();
    }
    const replies = [
      ...streams.flatMap((name) => [
        `$JS.API.STREAM.DELETE.${name}`,
        `$JS.API.STREAM.PURGE.${name}`,
        `$JS.API.STREAM.MSG.DELETE.${name}`,
        `$JS.APP.API.STREAM.PURGE.${name}`,
      ]),
      "$JS.API.CONSUMER.DELETE.ORDERS.b_order",
      "$JS.API.CONSUMER.CREATE.NEWS",
      "game.b.1.hit",
      "news.open",
      "orders.b",
      "_INBOX_keeper.x",
      "_live.game.a.1.hit",
      "$SYS.REQ.USER.INFO",
    ];
    const attacks: Record<string, readonly [string, string][]> = {
      a: [
        ["$JS.APP.API.CONSUMER.MSG.NEXT.ORDERS.a_order", '{"batch":1,"no_wait":true}'],
        ["$JS.APP.API.CONSUMER.INFO.ORDERS.a_order", ""],
        ["$JS.APP.API.CONSUMER.RESET.ORDERS.a_order", '{"seq":1}'],
        ["$JS.APP.API.CONSUMER.CREATE.ORDERS.x", '{"stream_name":"ORDERS","config":{"name":"x"}}'],
        ["$JS.API.STREAM.PURGE.HITS_b", ""],
      ],
      partner: [
        ["$JS.APP.API.DIRECT.GET.HITS_a", '{"seq":1}'],
        ["$JS.APP.API.DIRECT.GET.HITS_b", '{"seq":1}'],
        ["kick.a", ""],
      ],
      public: [
        ["$JS.APP.API.DIRECT.GET.NEWS", '{"seq":1,"batch":3}'],
        ["$JS.APP.API.STREAM.INFO.NEWS", ""],
        ["$JS.APP.API.DIRECT.GET.HITS_a", '{"seq":1}'],
        ["news.open", "{}"],
      ],
    };
    for (const [name, tries] of Object.entries(attacks))
      for (const reply of replies)
        for (const [subject, payload] of tries) users[name]!.publish(subject, payload, { reply });
    // The stranger's own appends are its right, once each: the acknowledgements go nowhere.
    const others = replies.filter((reply) => reply !== "orders.b");
    for (const reply of others) users.b!.publish("game.b.own.hit", "{}", { reply });
    for (const nats of Object.values(users)) await nats.flush();
    expect(await ask("b", "game.b.own.hit", "{}")).toContain("HITS_b");
    const after = { ...before, HITS_b: Number(before.HITS_b) + others.length + 1 };
    await expect.poll(all, { timeout: 10_000 }).toEqual(after);
    expect(heard).toEqual([]);
    const consumers = await users.keeper!.request("$JS.API.CONSUMER.INFO.ORDERS.b_order");
    expect(consumers.json()).toMatchObject({ name: "b_order", num_pending: 1 });
    expect(await ask("keeper", "kick.a")).toBe("ok");
  });

  it("take nothing from a queue group of the platform", async () => {
    const thief = await official("public");
    let stolen = 0;
    for (const queue of ["keeper", "order", "thief"])
      thief.subscribe("news.open", {
        queue,
        callback: (error) => void (error === null && stolen++),
      });
    let got = 0;
    users.keeper!.subscribe("news.open", { queue: "keeper", callback: () => void got++ });
    await users.keeper!.flush();
    await thief.flush().catch(() => {});
    for (let n = 0; n < 20; n++) await ask("keeper", "news.open", "{}");
    await expect.poll(() => got, { timeout: 10_000 }).toBe(20);
    expect(stolen).toBe(0);
    await thief.close();
  });

  it("keep within the storage of their own stream when they flood", async () => {
    const before = await all();
    const payload = `{"x":"${"y".repeat(10_000)}"}`;
    for (let n = 0; n < 300; n++) users.b!.publish("game.b.flood.hit", payload);
    await users.b!.flush();
    const after = { ...(await all()), HITS_b: before.HITS_b };
    expect(after).toEqual(before);
    expect(await ask("a", "game.a.2.hit", "{}")).toContain('"stream":"HITS_a"');
  });
});

it("owners come and go while the broker runs, and leave no consumers behind", {
  timeout: 60_000,
}, async () => {
  await using work = await Workplace.make({ "asyncapi.yaml": document });
  const written = await work.broker("asyncapi.yaml", "--operator");
  expect(written.code, written.error).toBe(0);
  await using broker = await work.start();
  const run = async (...args: string[]) => {
    const result = await work.command(...args, "--server", broker.url);
    expect(result.code, result.error).toBe(0);
    return result.out;
  };
  const enter = async (file: string) => {
    const text = new TextEncoder().encode(await work.secret(file));
    const servers = broker.url.replace("nats://", "");
    const [, name] = /([^/]+)\.creds$/.exec(file)!;
    return connect({
      servers,
      authenticator: credsAuthenticator(text),
      inboxPrefix: `_INBOX_${name}`,
    });
  };
  await run("account", "create", "ACME");
  const eu7 = ["account", "create-user", "ACME", "eu-7", "-d", "asyncapi.yaml"];
  await run(...eu7, "--role", "owner", "--bind", "server=eu-7");
  // An owner's guest could do anything to the owner.
  const invited = [
    "account",
    "create-user",
    "ACME",
    "board",
    "--role",
    "partner",
    "-d",
    "asyncapi.yaml",
  ];
  expect(await work.command(...invited, "--server", broker.url)).toMatchObject({
    code: 2,
    error: expect.stringContaining("create another account for the role partner"),
  });
  const platform = [
    "account",
    "create-user",
    "APP",
    "board",
    "--role",
    "partner",
    "-d",
    "asyncapi.yaml",
  ];
  expect(await work.command(...platform, "--server", broker.url)).toMatchObject({ code: 1 });
  const provisioned = JSON.parse(await run("provision", "asyncapi.yaml", "--json"));
  expect(provisioned).toContainEqual({
    action: "created",
    kind: "consumer",
    name: "ORDERS ACME_order",
  });
  const keeper = await enter("users/keeper.creds");
  const owner = await enter("users/ACME/eu-7.creds");
  owner.subscribe("kick.eu-7", {
    queue: "kick",
    callback: (_, message) => void message.respond("ok"),
  });
  await owner.flush();
  const text = async (nats: Official, subject: string) =>
    (await nats.request(subject, "{}")).string();
  expect(await text(owner, "game.eu-7.1.hit")).toContain('"stream":"HITS_eu-7"');
  await expect(text(owner, "game.a.1.hit")).rejects.toThrow();
  expect(await text(keeper, "kick.eu-7")).toBe("ok");
  // A new configuration keeps what has come at run time.
  expect(await work.broker("asyncapi.yaml", "--operator")).toMatchObject({ code: 0 });
  await run("account", "push");
  expect(await text(keeper, "kick.eu-7")).toBe("ok");
  const gone = owner.closed();
  await run("account", "remove", "ACME");
  await gone;
  await expect(enter("users/ACME/eu-7.creds")).rejects.toThrow();
  await expect(text(keeper, "kick.eu-7")).rejects.toThrow("no responders");
  expect(JSON.parse(await run("provision", "asyncapi.yaml", "--json"))).toEqual([
    { action: "removed", kind: "consumer", name: "ORDERS ACME_order" },
  ]);
  await keeper.close();
});

it("leave streams and consumers alone that have the name of a part or of a consumer", {
  timeout: 60_000,
}, async () => {
  await using work = await Workplace.make({ "asyncapi.yaml": document });
  const written = await work.broker("asyncapi.yaml");
  expect(written.code, written.error).toBe(0);
  await using broker = await work.start();
  const provision = () =>
    work.command("provision", "asyncapi.yaml", "--server", broker.url, "--json");
  const enter = async (name: string) => {
    const seed = new TextEncoder().encode(await work.secret(`users/${name}.nk`));
    return connect({
      servers: broker.url.replace("nats://", ""),
      authenticator: nkeyAuthenticator(seed.subarray(0, 58)),
      inboxPrefix: `_INBOX_${name}`,
    });
  };
  const nats = await enter("provisioner");
  const ask = async (command: string, body: object = {}) => {
    const answer = await nats.request(`$JS.API.${command}`, JSON.stringify(body), {
      timeout: 10_000,
    });
    const { error, ...rest } = answer.json<{ error?: object; state?: { messages: number } }>();
    expect(error).toBe(undefined);
    return rest;
  };
  const first = await provision();
  expect(first.code, first.error).toBe(0);
  expect(JSON.parse(first.out)).toContainEqual({
    action: "created",
    kind: "part",
    name: "NEWS_public",
  });
  const keeper = await enter("keeper");
  await keeper.request("news.open", "{}", { timeout: 10_000 });
  const part = async () => (await ask("STREAM.INFO.NEWS_public")).state?.messages;

  await ask("STREAM.DELETE.NEWS_public");
  await ask("STREAM.CREATE.NEWS_public", { name: "NEWS_public", sources: [{ name: "NEWS" }] });
  await expect.poll(part, { timeout: 10_000 }).toBe(1);
  await ask("STREAM.UPDATE.NEWS_public", { name: "NEWS_public" }); // It is no copy any more.
  const refused = await provision();
  expect(refused.code).not.toBe(0);
  expect(refused.error).toContain("the stream NEWS_public");
  expect(await part()).toBe(1);
  await ask("STREAM.DELETE.NEWS_public");
  expect((await provision()).code).toBe(0);

  await ask("CONSUMER.DELETE.ORDERS.a_order");
  const config = { durable_name: "a_order", ack_policy: "explicit", filter_subject: "orders.a" };
  await ask("CONSUMER.CREATE.ORDERS.a_order", {
    stream_name: "ORDERS",
    config: { ...config, name: "a_order" },
  });
  expect((await provision()).error).toContain("has a consumer a_order");
  await keeper.close();
  await nats.close();
});

describe("the document's roles that are not trusted", { timeout: 60_000 }, () => {
  it.each([
    [
      "streams of their own to manage",
      "owner: { trusted: false, streams: NEWS }",
      "untrusted-manager",
    ],
    [
      "the platform's account",
      "viewer: { trusted: false, account: APP, subscribe: news }",
      "shared-account",
    ],
    [
      "a stream that several append to",
      "owner: { publish: news, users: { a: { topic: a }, b: { topic: b } } }",
      "shared-stream",
    ],
    [
      "a stream without a limit",
      "owner: { publish: news, parameters: { topic: a } }",
      "unlimited-stream",
    ],
    [
      "messages of others that no stream stores",
      "owner: { publish: chat, parameters: { topic: a } }\n  viewer: { subscribe: chat }",
      "unstored-channel",
    ],
  ])("cannot have %s", async (_, roles, code) => {
    const text = document
      .replace(/^x-alternats-roles:\n[\s\S]*?(?=^channels)/m, `x-alternats-roles:\n  ${roles}\n`)
      .replace(
        "  kicked:",
        "  chat: { address: 'chat.{topic}', parameters: { topic: {} }, messages: { m: { payload: { type: object } } } }\n  kicked:",
      );
    await using work = await Workplace.make({ "asyncapi.yaml": text });
    const { code: exit, error } = await work.broker("asyncapi.yaml", "--report");
    expect(exit).toBe(1);
    expect(error).toContain(`[${code}]`);
  });

  it("need servers in which an acknowledgement is no request", async () => {
    await using work = await Workplace.make({ "asyncapi.yaml": document });
    const { code, error } = await work.broker("asyncapi.yaml", "--server-version", "2.11");
    expect(code).toBe(1);
    expect(error).toContain(
      "can use streams from nats-server 2.12 on, but the servers may be 2.11",
    );
    expect(await readFile(work.path("asyncapi.yaml"), "utf8")).toBe(document);
  });

  it("need such servers to append as well", async () => {
    const appender =
      "x-alternats-roles: { owner: { publish: hit, users: { a: { server: a } } } }\n";
    const text = document.replace(/^x-alternats-roles:\n[\s\S]*?(?=^channels)/m, appender);
    await using work = await Workplace.make({ "asyncapi.yaml": text });
    for (const version of ["2.9", "2.11"])
      expect(await work.broker("asyncapi.yaml", "--server-version", version)).toMatchObject({
        code: 1,
        error: expect.stringContaining(
          `from nats-server 2.12 on, but the servers may be ${version}`,
        ),
      });
    expect((await work.broker("asyncapi.yaml", "--server-version", "2.12")).code).toBe(0);
  });
});
