import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Broker } from "../../support/broker.js";
import { WireClient, Workplace } from "./support.js";

const document = `asyncapi: 3.0.0
info: { title: Game, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  hit:
    x-alternats-stream: HITS
    address: game.{server}.hit
    parameters: { server: {} }
    messages: { m: { payload: { type: object } } }
  chat:
    address: game.{server}.chat
    parameters: { server: {} }
    messages: { m: { payload: { type: object } } }
  kick:
    address: game.{server}.kick
    parameters: { server: {} }
    messages: { m: { payload: { type: object } } }
  kicked: { address: null, messages: { m: { payload: { type: object } } } }
operations:
  publishHit: { action: send, channel: { $ref: '#/channels/hit' } }
  publishChat: { action: send, channel: { $ref: '#/channels/chat' } }
  respondKick:
    action: receive
    channel: { $ref: '#/channels/kick' }
    reply: { channel: { $ref: '#/channels/kicked' } }
`;

const configuration = `roles:
  server:
    trusted: true
    publish: "*"
    respond: "*"
    users: { eu-1: { server: eu-1 }, us-1: { server: us-1 } }
  insider: { trusted: true, subscribe: "*" }
  partner: { account: PARTNER, subscribe: "*", request: "*", publish: "*", streams: "*" }
  stranger: { account: STRANGER, subscribe: "*", request: "*", streams: "*" }
accounts:
  PARTNER:
    connections: 3
    payload: 1KB
    disk: 1MB
    streams: 1
    imports:
      APP: { subscribe: hit, request: respondKick, parameters: { server: eu-1 } }
  STRANGER: { disk: 0, memory: 0 }
`;

describe.each([
  ["keys in the configuration", [], "nk"],
  ["an operator", ["--operator"], "creds"],
] as const)("with %s, an account", (_, options, ending) => {
  let work: Workplace;
  let broker: Broker;
  const clients: Record<string, WireClient> = {};
  const enter = async (name: string) =>
    WireClient.connect(broker.url, await work.secret(`users/${name}.${ending}`));

  beforeAll(async () => {
    work = await Workplace.make({
      "asyncapi.yaml": document,
      "alternats.config.yaml": configuration,
    });
    const result = await work.broker("asyncapi.yaml", ...options);
    expect(result.code, result.error).toBe(0);
    broker = await work.start();
    for (const name of ["eu-1", "us-1", "insider", "partner", "stranger"])
      clients[name] = await enter(name);
  }, 60_000);
  afterAll(async () => {
    for (const client of Object.values(clients)) client[Symbol.dispose]();
    await broker?.[Symbol.asyncDispose]();
    await work?.[Symbol.asyncDispose]();
  });

  it("receives its imports, and nothing else of the other account", async () => {
    const listeners = ["insider", "partner", "stranger"];
    for (const name of listeners)
      await clients[name]!.say(["SUB game.*.hit 1", "SUB game.*.chat 2"]);
    for (const name of ["us-1", "eu-1"]) {
      const lines = ["chat", "hit"].map((what) => `PUB game.${name}.${what} 2\r\n{}`);
      expect(await clients[name]!.say(lines)).not.toContain("-ERR");
    }
    const own = await clients.partner!.say(["PUB game.eu-2.hit 2\r\n{}"]);
    const heard: Record<string, readonly string[]> = {};
    for (const name of listeners) {
      const said = (name === "partner" ? own : "") + (await clients[name]!.say([]));
      heard[name] = [...said.matchAll(/MSG (\S+)/g)].map(([, subject]) => subject!);
    }
    expect(heard).toEqual({
      insider: ["game.us-1.chat", "game.us-1.hit", "game.eu-1.chat", "game.eu-1.hit"],
      partner: ["game.eu-1.hit", "game.eu-2.hit"],
      stranger: [],
    });
  });

  it("gets answers to permitted requests, and to no others", async () => {
    const ask = (who: string, server: string) =>
      clients[who]!.say([`SUB _INBOX_${who}.* 3`, `PUB game.${server}.kick _INBOX_${who}.1 0\r\n`]);
    for (const name of ["eu-1", "us-1"]) await clients[name]!.say([`SUB game.${name}.kick kick 1`]);
    await ask("partner", "eu-1");
    const [, reply] = /MSG game\.eu-1\.kick 1 (\S+) /.exec(await clients["eu-1"]!.until(/MSG/))!;
    expect(await clients["eu-1"]!.say([`PUB ${reply} 2\r\nok`])).not.toContain("-ERR");
    expect(await clients.partner!.until(/ok\r\n/)).toContain("MSG _INBOX_partner.1 3 2");
    expect(await ask("partner", "us-1")).toContain("NATS/1.0 503");
    expect(await ask("stranger", "eu-1")).toContain("NATS/1.0 503");
    expect(await clients["us-1"]!.say([])).not.toContain("MSG");
  });

  it("uses permitted streams, and no others", async () => {
    const create = async (who: string, bytes: number) => {
      const config = { name: "HITS", subjects: ["game.*.hit"], storage: "file", max_bytes: bytes };
      const text = JSON.stringify(config);
      const client = clients[who]!;
      const said = await client.say([
        `SUB _INBOX_${who}.js 4`,
        `PUB $JS.API.STREAM.CREATE.HITS _INBOX_${who}.js ${text.length}\r\n${text}`,
      ]);
      return said.includes("create_response") ? said : client.until(/create_response/);
    };
    expect(await create("partner", 2 ** 21)).toContain("insufficient storage resources");
    expect(await create("stranger", 2 ** 10)).toContain("not enabled for account");
    expect(await create("partner", 2 ** 19)).toContain('"max_bytes":524288');
    using _second = await enter("partner");
    using _third = await enter("partner");
    await expect(enter("partner")).rejects.toThrow(/maximum (account )?active connections/i);
    const large = clients.partner!.say([`PUB game.eu-1.hit 2000\r\n${" ".repeat(2000)}`]);
    await expect(large).rejects.toThrow("Maximum Payload");
  });
});

describe("accounts in the configuration", () => {
  it.each([
    [
      "{ APP: { conections: 3 } }",
      2,
      'unknown key "accounts.APP.conections". Did you mean "connections"?',
    ],
    [
      "{ APP: { disk: much } }",
      2,
      'accounts.APP.disk is a number such as 4096 or 64KB, or unlimited, not "much"',
    ],
    ["{ SYS: {} }", 1, '"SYS" is not a valid name of an account'],
    ["{ APP: { imports: { PARTNR: { subscribe: hit } } } }", 1, "Did you mean `PARTNER`?"],
    ["{ APP: { imports: { PARTNER: { listen: hit } } } }", 1, "An import has no `listen`."],
    ["{ APP: { imports: { PARTNER: { subscribe: hut } } } }", 1, "There is no operation `hut`."],
    [
      "{ APP: { imports: { PARTNER: { subscribe: hit, parameters: { sever: a } } } } }",
      1,
      "Did you mean `server`?",
    ],
    [
      "{ APP: { imports: { PARTNER: { subscribe: hit } } }, PARTNER: { imports: { APP: { subscribe: hit } } } }",
      1,
      "form a circle",
    ],
  ])("are checked against the document: %s", async (accounts, code, message) => {
    await using work = await Workplace.make({
      "asyncapi.yaml": document,
      "alternats.config.json": JSON.stringify({
        ...parse(configuration),
        accounts: parse(accounts),
      }),
    });
    const config = work.path("alternats.config.json");
    const result = await work.command(
      "broker",
      work.path("asyncapi.yaml"),
      "-c",
      config,
      "-o",
      work.path("broker"),
    );
    expect(result).toMatchObject({ code, error: expect.stringContaining(message) });
  });
});
