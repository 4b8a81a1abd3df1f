import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type * as library from "../../../generator/src/accounts/index.ts";
import type { Broker } from "../../support/broker.js";
import { builtModule } from "../../support/built.js";
import { project } from "../../support/project.js";
import { WireClient, Workplace, writeCertificates } from "./support.js";

const { Accounts } = await builtModule<typeof library>("accounts/index.js");

const asyncapi = await readFile(join(project, "examples/rust-server/asyncapi.yaml"), "utf8");

const roles = `roles:
  gameServer:
    trusted: true
    publish: "*"
    respond: "*"
    users: { eu-1: { server_id: eu-1 }, us-1: { server_id: us-1 } }
  viewer:
    trusted: true
    subscribe: [publishPlayerChatted, publishServerStarted]
  partner:
    description: Follows two servers, and may ask how they are doing
    trusted: true
    subscribe: "*"
    request: respondServerInfo
    parameters: { server_id: [eu-1, us-1] }
  admin:
    subscribe: "*"
    request: "*"
  rival:
    account: RIVAL
    subscribe: "*"
    publish: "*"
`;

/** Expected permissions of the roles above; nothing else is allowed. */
const users: Readonly<Record<string, User>> = {
  "eu-1": { publishes: () => true, responds: () => true, servers: ["eu-1"] },
  "us-1": { publishes: () => true, responds: () => true, servers: ["us-1"] },
  viewer: { subscribes: (id) => /^publish(PlayerChatted|ServerStarted)$/.test(id) },
  partner: {
    subscribes: () => true,
    requests: (id) => id === "respondServerInfo",
    servers: ["eu-1", "us-1"],
  },
  admin: { subscribes: () => true, requests: () => true },
  rival: { subscribes: () => true, publishes: () => true, account: "RIVAL" },
};

interface User {
  readonly publishes?: (operation: string) => boolean;
  readonly subscribes?: (operation: string) => boolean;
  readonly requests?: (operation: string) => boolean;
  readonly responds?: (operation: string) => boolean;
  /** The server that it is bound to; `undefined` for any. */
  readonly servers?: readonly string[];
  readonly account?: string;
}

interface Operation {
  readonly id: string;
  readonly address: string;
  readonly asks: boolean;
}

/** The example keeps every event, and no command, in one stream. */
const stream = "RUST_EVENTS";

const document = parse(asyncapi);
const operations = Object.entries<Record<string, { $ref: string }>>(document.operations).map(
  ([id, { channel, reply }]): Operation => {
    const key = channel?.$ref.split("/").at(-1) ?? "";
    return { id, address: document.channels[key].address, asks: reply !== undefined };
  },
);

const servers = ["eu-1", "us-1", "asia-1"];

function subject({ address }: Operation, server: string): string {
  return address.replace("{server_id}", server).replaceAll(/\{\w+\}/g, "7");
}

/** A line of the protocol, and whether the server should take it. */
interface Case {
  readonly line: string;
  readonly allowed: boolean;
}

function publishing(user: User): readonly Case[] {
  return operations.flatMap((operation) =>
    servers.map((server) => {
      const may = operation.asks ? user.requests : user.publishes;
      const isBound = user.servers?.includes(server) ?? true;
      return {
        line: `PUB ${subject(operation, server)} 0\r\n`,
        allowed: isBound && may?.(operation.id) === true,
      };
    }),
  );
}

function subscribing(name: string, user: User): readonly Case[] {
  let sid = 0;
  return operations.flatMap((operation) => {
    // The SDK's functions, and with them the groups of responders, are called without the verb.
    const base = operation.id.replace(/^(publish|respond)(.)/, (_, __, first) =>
      first.toLowerCase(),
    );
    return [...servers, "*"].flatMap((server) => {
      const isBound = user.servers?.includes(server) ?? true;
      const listens = isBound && !operation.asks && user.subscribes?.(operation.id) === true;
      const answers = isBound && operation.asks && user.responds?.(operation.id) === true;
      const groups = [
        ["", listens],
        [name, listens],
        [base, answers],
        ["thieves", false],
      ] as const;
      return groups.map(([group, allowed]) => ({
        line: `SUB ${[subject(operation, server), group].filter(Boolean).join(" ")} ${++sid}`,
        allowed,
      }));
    });
  });
}

function inboxes(name: string, user: User): readonly Case[] {
  // Appending is a request, and so is everything that is read of a stream.
  const asks = user.requests ?? user.publishes ?? user.subscribes;
  // Those who may ask the servers that this user answers for.
  const asked = (owner: string) => {
    const { requests, servers: theirs } = users[owner] ?? {};
    const meets = theirs === undefined || theirs.some((each) => user.servers?.includes(each));
    return user.responds !== undefined && requests !== undefined && meets;
  };
  const all = Object.keys(users).flatMap((owner): Case[] => [
    {
      line: `SUB _INBOX_${owner}.a.* 9000`,
      allowed: owner === name && asks !== undefined,
    },
    { line: `PUB _INBOX_${owner}.a.b 0\r\n`, allowed: asked(owner) },
  ]);
  const everybodys = ["_INBOX.>", "_INBOX.a.*", ">", "*.>", "$SYS.>", "$JS.>"];
  return [...all, ...everybodys.map((line) => ({ line: `SUB ${line} 9001`, allowed: false }))];
}

function streaming(name: string, user: User): readonly Case[] {
  const readsAll = user.subscribes?.("any") === true && user.servers === undefined;
  const consumers = ["CREATE", "INFO", "DELETE", "MSG.NEXT"].map((verb) => ({
    line: `PUB $JS.API.CONSUMER.${verb}.${stream}.c 0\r\n`,
    allowed: readsAll || (verb === "INFO" && user.subscribes !== undefined),
  }));
  // A filter in the request's subject is what the server holds a consumer to.
  const parts = operations
    .filter(({ address }) => address.includes(".events."))
    .flatMap((operation) =>
      [...servers, "*"].map((server) => ({
        line: `PUB $JS.API.CONSUMER.CREATE.${stream}.c.${subject(operation, server)} 0\r\n`,
        allowed:
          readsAll ||
          (user.subscribes?.(operation.id) === true && (user.servers?.includes(server) ?? true)),
      })),
    );
  const whole = [">", "v0.rust.servers.>", "v0.rust.servers.*.>"].map((filter) => ({
    line: `PUB $JS.API.CONSUMER.CREATE.${stream}.c.${filter} 0\r\n`,
    allowed: readsAll,
  }));
  const own = [...servers, "partner"].map((server) => ({
    line: `PUB $JS.API.CONSUMER.CREATE.${stream}.c.v0.rust.servers.${server}.> 0\r\n`,
    allowed: user.subscribes?.("any") === true && (user.servers?.includes(server) ?? true),
  }));
  const pulled = Object.keys(users).map((consumer) => ({
    line: `PUB $JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer} 0\r\n`,
    allowed: readsAll || (user.subscribes !== undefined && consumer === name),
  }));
  const latest = operations
    .filter(({ address }) => address.includes(".events."))
    .flatMap((operation) =>
      servers.map((server) => ({
        line: `PUB $JS.API.DIRECT.GET.${stream}.${subject(operation, server)} 0\r\n`,
        allowed:
          user.subscribes?.(operation.id) === true && (user.servers?.includes(server) ?? true),
      })),
    );
  const management = ["CREATE", "UPDATE", "DELETE", "PURGE", "SNAPSHOT", "MSG.DELETE"].map(
    (verb) => ({
      line: `PUB $JS.API.STREAM.${verb}.${stream} 0\r\n`,
      allowed: false,
    }),
  );
  return [...consumers, ...parts, ...whole, ...own, ...pulled, ...latest, ...management];
}

/** The lines that the server refuses. */
async function refused(client: WireClient, lines: readonly string[]): Promise<ReadonlySet<string>> {
  const said = await client.say(lines);
  const errors = said.matchAll(
    /-ERR 'Permissions Violation for (Publish|Subscription) to "([^"]*)"(?: using queue "([^"]*)")?/g,
  );
  return new Set(
    [...errors].map(([, what, subject, queue]) =>
      [what === "Publish" ? "PUB" : "SUB", subject, queue].filter(Boolean).join(" "),
    ),
  );
}

/** A line without its number or length. */
function told(line: string): string {
  return line.trim().replace(/ \d+$/, "");
}

interface Setup {
  readonly options: readonly string[];
  /** The kind of credentials. */
  readonly ending: "nk" | "creds";
  readonly servers: readonly string[];
  readonly isEncrypted?: boolean;
}

describe.each<[string, Setup]>([
  ["keys in the configuration", { options: [], ending: "nk", servers: ["nats-1"] }],
  ["an operator", { options: ["--operator"], ending: "creds", servers: ["nats-1"] }],
  [
    "an operator, three servers and TLS",
    {
      options: ["--operator", "--servers", "3"],
      ending: "creds",
      servers: ["nats-1", "nats-2", "nats-3"],
      isEncrypted: true,
    },
  ],
])("permissions with %s", (_, { options, ending, servers: names, isEncrypted }) => {
  let work: Workplace;
  let ca: string | undefined;
  const brokers: Broker[] = [];
  const clients = new Map<string, WireClient>();
  let entered = 0;

  /** Each at another server than the one before. */
  const enter = async (name: string): Promise<WireClient> => {
    const { url } = brokers[entered++ % brokers.length]!;
    return WireClient.connect(url, await work.secret(`users/${name}.${ending}`), ca);
  };

  beforeAll(async () => {
    work = await Workplace.make({ "asyncapi.yaml": asyncapi, "alternats.config.yaml": roles });
    const tls = join(work.secrets, "tls");
    await mkdir(work.secrets, { mode: 0o700 });
    if (isEncrypted) ca = await writeCertificates(tls);
    const result = await work.broker("asyncapi.yaml", ...options, ...(ca ? ["--tls", tls] : []));
    expect(result.code, result.error).toBe(0);
    for (const name of names) brokers.push(await work.start(name, brokers[0]?.clusterUrl));
    for (const name of Object.keys(users)) clients.set(name, await enter(name));
  }, 60_000);

  afterAll(async () => {
    for (const client of clients.values()) client[Symbol.dispose]();
    for (const broker of brokers) await broker[Symbol.asyncDispose]();
    await work?.[Symbol.asyncDispose]();
  });

  it.each(Object.entries(users))("is enforced for %s, and for nothing else", async (name, user) => {
    const cases = [
      ...publishing(user),
      ...subscribing(name, user),
      ...inboxes(name, user),
      ...streaming(name, user),
    ];
    expect(new Set(cases.map(({ allowed }) => allowed)).size).toBe(2);
    const errors = await refused(
      clients.get(name)!,
      cases.map(({ line }) => line),
    );
    const wrong = cases.filter(({ line, allowed }) => errors.has(told(line)) === allowed);
    expect(wrong).toEqual([]);
  });

  it("delivers permitted messages to permitted users, and to no others", async () => {
    const listeners = new Map<string, WireClient>();
    const heard = new Map<string, string>();
    const subscriptions = (user: User) =>
      subscribing("", user).filter(({ line, allowed }) => allowed && line.split(" ").length === 3);
    for (const [name, user] of Object.entries(users)) {
      const client = await enter(name);
      listeners.set(name, client);
      heard.set(name, await client.say(subscriptions(user).map(({ line }) => line)));
    }
    const sent = publishing(users["eu-1"]!).filter(({ allowed }) => allowed);
    const published = sent.map(({ line }) => line.split(" ")[1]!);
    expect(published.length).toBeGreaterThan(10);
    // The servers tell each other of subscriptions in their own time.
    const received = async () => {
      await clients.get("eu-1")!.say(sent.map(({ line }) => line));
      for (const [name, client] of listeners)
        heard.set(name, heard.get(name) + (await client.say([])));
      return Object.fromEntries(
        [...heard].map(([name, said]) => [
          name,
          [...new Set([...said.matchAll(/^MSG (\S+)/gm)].map(([, at]) => at!))].sort(),
        ]),
      );
    };
    const all = published.toSorted();
    await expect.poll(received, { timeout: 10_000 }).toEqual({
      admin: all,
      partner: all,
      viewer: all.filter((at) => /\.(chatted|started)$/.test(at)),
      rival: [],
      "eu-1": [],
      "us-1": [],
    });
    for (const client of listeners.values()) client[Symbol.dispose]();
  });

  it("lets a responder answer, and sends its answers nowhere but to inboxes", async () => {
    const request = "v0.rust.servers.eu-1.commands.info";
    const [admin, server] = [clients.get("admin")!, clients.get("eu-1")!];
    await admin.say(["SUB _INBOX_admin.q.* 7"]);
    const own = await enter("eu-1");
    await server.say([`UNSUB 0`]);
    await own.say([`SUB ${request} serverInfo 1`]);
    // Both of one group: one of them gets it.
    for (let n = 0; n < 20; n++) {
      await admin.say([`PUB ${request} _INBOX_admin.q.${n} 0\r\n`]);
      if (/MSG/.test(await own.say([]))) {
        const at = `_INBOX_admin.q.${n}`;
        expect(await own.say([`PUB ${at} 2\r\nok`])).not.toContain("-ERR");
        expect(await admin.until(/ok\r\n/)).toContain(`MSG ${at} 7 2`);
        // A reply subject that is no inbox would let a request choose what the answer does.
        const elsewhere = [
          `$JS.API.STREAM.DELETE.${stream}`,
          "v0.rust.servers.us-1.events.started",
        ];
        const answers = elsewhere.map((reply) => `PUB ${reply} 2\r\nno`);
        const said = await own.say(answers);
        expect(said.match(/Permissions Violation for Publish/g)).toHaveLength(2);
        own[Symbol.dispose]();
        return;
      }
    }
    throw new Error("No request came.");
  });

  it("is gone for revoked users, and unchanged for all others", async () => {
    const partner = clients.get("partner")!;
    if (ending === "creds") {
      const servers = brokers.map(({ url }) => url);
      await using accounts = await Accounts.open({ secrets: work.secrets, servers });
      expect(await accounts.revokeUser("APP", "partner")).toEqual(names);
    } else {
      const others = roles.replace(/^ {2}partner:[\s\S]*?(?=^ {2}admin:)/m, "");
      await writeFile(work.path("alternats.config.yaml"), others);
      expect(await work.broker("asyncapi.yaml")).toMatchObject({ code: 0 });
      await work.renew();
      await brokers[0]!.reload();
    }
    await expect(partner.until(/^never$/)).rejects.toThrow("The server has hung up");
    await expect(enter("partner")).rejects.toThrow("Authorization Violation");
    for (const [name, client] of clients)
      if (name !== "partner") expect(await client.say([])).not.toContain("-ERR");
  });
});
