import { cp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Account, createOperator, decode, encodeAccount, type SigningKey } from "@nats-io/jwt";
import { NatsConnection } from "alternats";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
  vi,
} from "vitest";
import type * as library from "../../../generator/src/accounts/index.ts";
import { writeBroker } from "../../../generator/src/broker/write-broker.ts";
import { type Broker, startBroker } from "../../support/broker.js";
import { builtModule } from "../../support/built.js";
import { WireClient, Workplace } from "./support.js";

const { Accounts } = await builtModule<typeof library>("accounts/index.js");

const document = `asyncapi: 3.0.0
info: { title: Game, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
x-alternats-roles:
  server: { trusted: true, publish: hit, users: { eu-1: { server: eu-1 } } }
  viewer: { trusted: true, subscribe: hit }
channels:
  hit:
    address: game.{server}.hit
    parameters: { server: {} }
    messages: { m: { payload: { type: object } } }
`;

const seed = /\bS[OAU][A-Z2-7]{56}\b/;

let first: Workplace;
let work: Workplace;
let broker: Broker;
beforeAll(async () => {
  first = await Workplace.make({ "asyncapi.yaml": document });
  await configure(first);
});
afterAll(() => first?.[Symbol.asyncDispose]());
beforeEach(async () => {
  work = await Workplace.make({});
  await cp(first.folder, work.folder, { recursive: true });
  await cp(first.secrets, work.secrets, { recursive: true });
  broker = await work.start();
});
afterEach(async () => {
  await broker?.[Symbol.asyncDispose]();
  await work?.[Symbol.asyncDispose]();
});

const configure = async (place: Workplace) => {
  const args = ["broker", place.path("asyncapi.yaml"), "--operator", "-o", place.path("broker")];
  const result = await place.command(...args);
  expect(result.code, result.error).toBe(0);
};

const account = (...args: readonly string[]) => {
  const place = args[0] === "list" ? [] : ["--server", broker.url];
  return work.command("account", ...args, ...place);
};

const open = async () => {
  const accounts = await Accounts.open({
    secrets: work.secrets,
    servers: broker.url,
    document: work.path("asyncapi.yaml"),
  });
  // The next one gets the thread that it reads the document with.
  onTestFinished(() => accounts[Symbol.asyncDispose]());
  return accounts;
};

const enter = async (credentials: string) =>
  WireClient.connect(broker.url, await readFile(credentials, "utf8"));

const refusal = async (credentials: string) => {
  const nats = new NatsConnection({
    servers: broker.url,
    authenticator: { credsFile: credentials },
    // The account is looked for in the whole cluster.
    connectTimeout: 10_000,
    onError: () => {},
  });
  const error: unknown = await nats.connect().catch((reason: unknown) => reason);
  await nats.close();
  return error;
};

const keptOut = expect.objectContaining({ code: "AUTHORIZATION" });

describe("alternats-gen account", { timeout: 60_000 }, () => {
  it("admits an owner and a third party within their role while the broker runs", async () => {
    const created = await account("create", "ACME", "--connections", "2");
    expect(created).toMatchObject({ code: 0, error: "" });
    expect(created.out).toMatch(/^ACME {2}A\w{55} {2}connections 2\nTaken by nats-1\n$/);
    const viewer = [
      "create-user",
      "ACME",
      "board",
      "--role",
      "viewer",
      "-d",
      work.path("asyncapi.yaml"),
    ];
    const first = await account(...viewer, "--payload", "1KB", "--expires", "30d");
    expect(first).toMatchObject({ code: 0, error: "" });
    const file = join(work.secrets, "users/ACME/board.creds");
    expect(first.out).toContain(`${file}\nTaken by nats-1\n`);
    const server = [
      "create-user",
      "ACME",
      "eu-7",
      "--role",
      "server",
      "-d",
      work.path("asyncapi.yaml"),
    ];
    const second = await account(...server, "--bind", "server=eu-7");
    expect(second).toMatchObject({ code: 0, error: "" });

    using board = await enter(file);
    using own = await enter(join(work.secrets, "users/ACME/eu-7.creds"));
    using foreign = await enter(join(work.secrets, "users/eu-1.creds"));
    expect(await board.say(["SUB game.*.hit 1", "SUB _INBOX_board.1 2"])).toContain(
      `Permissions Violation for Subscription to "_INBOX_board.1"`,
    );
    expect(await board.say(["PUB game.eu-7.hit 2\r\n{}"])).toContain("Violation for Publish");
    expect(await own.say(["PUB game.eu-1.hit 2\r\n{}"])).toContain("Violation for Publish");
    expect(await foreign.say(["PUB game.eu-1.hit 2\r\n{}"])).not.toContain("-ERR");
    expect(await own.say(["PUB game.eu-7.hit 2\r\n{}"])).not.toContain("-ERR");
    // What the other account published before would have come before.
    expect(await board.until(/MSG game\.eu-7\.hit 1 2\r\n/)).not.toContain("eu-1");
    expect(String(await refusal(file))).toMatch(/maximum (account )?active connections/i);
    await expect(board.say([`PUB game.eu-7.hit 2000\r\n${" ".repeat(2000)}`])).rejects.toThrow(
      "Maximum Payload",
    );

    const before = await readFile(file, "utf8");
    expect(await account(...viewer)).toMatchObject({ code: 0, error: "" });
    expect(await readFile(file, "utf8")).toBe(before);
    const said = created.out + first.out + second.out;
    expect(said).not.toMatch(seed);
    for (const folder of ["users/ACME", "scopes/ACME", "accounts"]) {
      expect((await stat(join(work.secrets, folder))).mode & 0o777).toBe(0o700);
      for (const name of await readdir(join(work.secrets, folder)))
        expect((await stat(join(work.secrets, folder, name))).mode & 0o777).toBe(0o600);
    }
    const listed: readonly library.AccountEntry[] = JSON.parse(
      (await account("list", "--json")).out,
    );
    expect(listed).toMatchObject([
      { name: "ACME", limits: { connections: 2 }, users: [{ name: "board" }, { name: "eu-7" }] },
      { name: "APP", users: [{ name: "eu-1" }, { name: "viewer", role: "viewer" }] },
    ]);
    expect(listed[0]?.users[0]).toMatchObject({ limits: { payload: 1024 }, state: "valid" });
    expect((await account("list")).out).toContain("viewer  until 20");
  });

  it("reports invalid arguments", async () => {
    await account("create", "ACME");
    const mistakes: readonly (readonly [readonly string[], string])[] = [
      [
        [""],
        "alternats-gen account needs a command. There are create, create-user, list, revoke-user, remove, push.",
      ],
      [["revoke"], "Unknown command account revoke."],
      [["create", "acme"], "The account ACME exists already."],
      [["create", "SYS"], "The account SYS exists already."],
      [["create", "../x"], "is not a valid name of an account. Use up to 64 letters"],
      [["create", "ACME", "--disk", "1G"], "--disk is a number such as 4096 or 64KB"],
      [["revoke-user", "AMCE", "x"], "There is no account AMCE. Did you mean ACME?"],
      [["revoke-user", "APP", "eu1"], "APP has no user eu1. Did you mean eu-1?"],
    ];
    for (const [args, message] of mistakes) {
      const result = await work.command("account", ...args);
      expect(result).toMatchObject({ code: 2, error: expect.stringContaining(message) });
    }
    const accounts = await open();
    const user = (name: string, options: object) =>
      accounts.createUser("ACME", name, { role: "viewer", ...options });
    await expect(user("x", { role: "viewr" })).rejects.toThrow("Did you mean `viewer`?");
    await expect(user("x", { parameters: { sever: "a" } })).rejects.toThrow("parameter `sever`");
    await expect(user("x", { role: "server" })).rejects.toThrow(
      "Every user of the role `server` has an allowed value of `server`",
    );
    await expect(user("x", { expires: new Date(0) })).rejects.toThrow("cannot expire in the past");
    await expect(accounts.createUser("APP", "VIEWER", { role: "viewer" })).rejects.toThrow(
      "APP has another user viewer",
    );
    for (const value of [1.5, -2, Number.NaN, "4KB"])
      await expect(user("x", { limits: { payload: value } })).rejects.toThrow(
        "The limit payload must be a whole number, or -1 for no limit, not",
      );
    await expect(user("x", { limits: { connections: 1 } })).rejects.toMatchObject({
      code: "INVALID_LIMIT",
      message: "There is no limit connections. Use subscriptions, payload or data.",
    });
    await expect(accounts.create("ACME", { disk: Number.NaN })).rejects.toThrow("The limit disk");
    await user("x", { expires: new Date(Date.now() + 3_600_000) });
    await expect(user("x", { expires: new Date(Date.now() + 60_000) })).rejects.toThrow(
      "To end them earlier, revoke x and create it again.",
    );
  });
});

describe("Accounts", { timeout: 60_000 }, () => {
  it("disconnects an expired user, and rejects it from then on", async () => {
    const accounts = await open();
    await accounts.create("ACME");
    await accounts.createUser("ACME", "other", { role: "viewer" });
    const expires = new Date(Date.now() + 5_000);
    const { entry } = await accounts.createUser("ACME", "board", { role: "viewer", expires });
    using board = await enter(entry.credentials);
    await board.say(["SUB game.*.hit 1"]);
    expect(await board.until(/Expired/)).toContain("-ERR 'User Authentication Expired'");
    // The last second is over when the next one begins.
    await expect.poll(() => refusal(entry.credentials), { timeout: 5_000 }).toEqual(keptOut);
    expect((await accounts.list())[0]?.users).toMatchObject([{ state: "expired" }, {}]);
    const later = new Date(Date.now() + 60_000);
    await accounts.createUser("ACME", "board", { role: "viewer", expires: later });
    using again = await enter(entry.credentials);
    expect(await again.say(["SUB game.*.hit 1"])).not.toContain("-ERR");
  });

  it("disconnects a revoked user, and rejects it from then on, whatever else changes", async () => {
    const accounts = await open();
    await accounts.create("ACME");
    const { entry } = await accounts.createUser("ACME", "board", { role: "viewer" });
    const other = await accounts.createUser("ACME", "other", { role: "viewer" });
    const stolen = join(work.secrets, "stolen.creds");
    await writeFile(stolen, await readFile(entry.credentials));
    const viewer = join(work.secrets, "users/viewer.creds");
    using board = await enter(entry.credentials);
    using left = await enter(other.entry.credentials);
    using ofDocument = await enter(viewer);
    expect(await accounts.revokeUser("ACME", "board")).toEqual(["nats-1"]);
    expect(await board.until(/Revoked/)).toContain("-ERR 'User Authentication Revoked'");
    await accounts.revokeUser("APP", "viewer");
    expect(await ofDocument.until(/Revoked/)).toContain("-ERR 'User Authentication Revoked'");
    expect(await left.say(["SUB game.*.hit 1"])).not.toContain("-ERR");
    // Somebody else may come by the name.
    await accounts.createUser("ACME", "board", { role: "viewer" });
    using another = await enter(entry.credentials);
    await another.say([]);
    // The configuration that the server starts with is of a time when nobody was revoked.
    await broker.restart();
    for (const credentials of [stolen, viewer]) expect(await refusal(credentials)).toEqual(keptOut);
    // One without what the server kept has it by what is written now, and told.
    await configure(work);
    await broker[Symbol.asyncDispose]();
    await rm(join(work.path(".."), "nats-1"), { recursive: true });
    broker = await work.start();
    expect(await refusal(viewer)).toEqual(keptOut);
    expect(await refusal(other.entry.credentials)).toEqual(keptOut);
    expect(await (await open()).push()).toEqual(["nats-1"]);
    for (const credentials of [stolen, viewer]) expect(await refusal(credentials)).toEqual(keptOut);
    using back = await enter(other.entry.credentials);
    expect(await back.say(["SUB game.*.hit 1"])).not.toContain("-ERR");
    expect((await accounts.list())[1]?.users).toMatchObject([
      { name: "eu-1", state: "valid" },
      { name: "viewer", state: "revoked" },
    ]);
  });

  it("updates a role's permissions for existing users, whose credentials stay valid", async () => {
    const accounts = await open();
    await accounts.create("ACME");
    const { entry } = await accounts.createUser("ACME", "board", { role: "viewer" });
    const credentials = await readFile(entry.credentials, "utf8");
    const kept = "    x-alternats-stream: HITS\n    address: play.";
    await writeFile(work.path("asyncapi.yaml"), document.replace("    address: game.", kept));
    await accounts.createUser("ACME", "board", { role: "viewer" });
    expect(await readFile(entry.credentials, "utf8")).toBe(credentials);
    using board = await enter(entry.credentials);
    expect(await board.say(["SUB play.*.hit 1"])).not.toContain("-ERR");
    expect(await board.say(["SUB game.*.hit 2"])).toContain("-ERR");
    // The same for a user in an account of the document.
    const { entry: guest } = await accounts.createUser("APP", "guest", { role: "viewer" });
    const parameters = { server: "eu-1" };
    const part = await accounts.createUser("APP", "part", { role: "viewer", parameters });
    expect(part.warnings).toMatchObject([{ severity: "warning", code: "undivided-stream" }]);
    await configure(work);
    // What a server is started with later counts as well.
    await work.renew();
    await broker.restart();
    for (const credentials of [guest.credentials, join(work.secrets, "users/viewer.creds")]) {
      using third = await enter(credentials);
      expect(await third.say(["SUB play.*.hit 1"])).not.toContain("-ERR");
    }
  });

  it("disconnects users whose credentials come from a clock that is ahead", async () => {
    const viewer = join(work.secrets, "users/viewer.creds");
    await rm(viewer);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    try {
      await configure(work);
    } finally {
      vi.useRealTimers();
    }
    using before = await enter(viewer);
    expect(await before.say(["SUB game.*.hit 1"])).not.toContain("-ERR");
    await (await open()).revokeUser("APP", "viewer");
    expect(await refusal(viewer)).toEqual(keptOut);
  });

  it("trusts only the operator for an account", async () => {
    const accounts = await open();
    await accounts.createUser("APP", "guest", { role: "viewer" });
    await accounts.revokeUser("APP", "viewer");
    const before = decode<Account>((await work.secret("accounts/APP.jwt")).trim());
    const wider = (before.nats.signing_keys as SigningKey[]).map((each) => ({
      ...each,
      template: { ...each.template, sub: { allow: [">"] } },
    }));
    const forged = await encodeAccount(
      "APP",
      before.sub,
      { limits: before.nats.limits ?? {}, signing_keys: wider },
      { signer: createOperator() },
    );
    const committed = await work.read("broker/accounts.conf");
    await writeFile(
      work.path("broker/accounts.conf"),
      committed.replace(new RegExp(`(${before.sub}: )"eyJ.*"`), `$1"${forged}"`),
    );
    expect(await work.read("broker/accounts.conf")).toContain(forged);
    await configure(work);
    const after = decode<Account>((await work.secret("accounts/APP.jwt")).trim());
    expect(after.nats).toEqual(before.nats);
    expect(await work.read("broker/accounts.conf")).not.toContain(forged);
  });

  it("does not give a role's user the name of a run-time user, because both would share an inbox", async () => {
    const accounts = await open();
    await accounts.createUser("APP", "Board", { role: "viewer" });
    const added = document.replace(
      "  viewer: {",
      "  board: { trusted: true, subscribe: hit }\n  viewer: {",
    );
    await writeFile(work.path("asyncapi.yaml"), added);
    const args = ["broker", work.path("asyncapi.yaml"), "--operator", "-o", work.path("broker")];
    expect(await work.command(...args)).toMatchObject({
      code: 2,
      error: expect.stringContaining("APP has a user Board that was created at run time."),
    });
    await accounts.revokeUser("APP", "Board");
    await configure(work);
    expect((await accounts.list())[0]?.users).toMatchObject([
      { name: "board", state: "valid" },
      { name: "eu-1" },
      { name: "viewer" },
      { name: "Board", state: "revoked" },
    ]);
  });

  it("loses nothing if several processes work at once", async () => {
    const [one, two] = [await open(), await open()];
    const viewer = join(work.secrets, "users/viewer.creds");
    const [{ entry }] = await Promise.all([
      one.createUser("APP", "guest", { role: "viewer" }),
      two.revokeUser("APP", "viewer"),
      one.create("ACME"),
      two.create("OTHER"),
    ]);
    using guest = await enter(entry.credentials);
    expect(await guest.say(["SUB game.*.hit 1"])).not.toContain("-ERR");
    expect(await refusal(viewer)).toEqual(keptOut);
    expect((await one.list()).map(({ name }) => name)).toEqual(["ACME", "APP", "OTHER"]);
  });

  it("reports why the broker lacks an account that the secrets have", async () => {
    const accounts = await open();
    const sys = join(work.secrets, "users/sys.creds");
    const own = await readFile(sys);
    await writeFile(sys, await readFile(join(work.secrets, "users/viewer.creds")));
    await expect(accounts.create("ACME")).rejects.toMatchObject({
      code: "NOT_PUSHED",
      message: `${sys} is not a user of the broker's system account, which alone may tell it of accounts.`,
    });
    await writeFile(sys, own);
    expect(await accounts.push()).toEqual(["nats-1"]);
    const [, token] = /: "(eyJ.*)"/.exec(await work.read("broker/accounts.conf")) ?? [];
    expect(token).toBeDefined();
    const conf = await work.read("broker/nats-1-accounts.conf");
    await using memory = await startBroker({ config: `${conf}\nresolver: MEMORY\n` });
    await using stranger = await startBroker();
    const to = (servers: string) => Accounts.open({ secrets: work.secrets, servers });
    await expect((await to(memory.url)).push()).rejects.toThrow(
      "Its configuration needs a resolver of the type full",
    );
    await stranger.stop();
    await expect((await to(stranger.url)).push()).rejects.toThrow("is not reachable");
    const closed = stranger.url.replace("nats://", "nats://bob:hunter2@");
    await expect((await to(closed)).push()).rejects.toThrow(
      `The broker at ${stranger.url} is not reachable: `,
    );
    const noAddress = "nats://bob:hunter2@localhost:port";
    await expect((await to(noAddress)).push()).rejects.toMatchObject({
      code: "NOT_PUSHED",
      message: expect.not.stringContaining("hunter2"),
    });
    await using other = await Workplace.make({});
    const plan = { title: "Other", version: "1", report: "", users: [], accounts: [] };
    const options = {
      servers: 1,
      operator: true,
      tls: undefined,
      websocket: false,
      listen: undefined,
      serverVersion: "2.14",
    } as const;
    await writeBroker(plan, options, other.path("broker"), other.secrets);
    const theirs = await Accounts.open({ secrets: other.secrets, servers: broker.url });
    await expect(theirs.push()).rejects.toThrow("it has another operator");
    await rename(join(other.secrets, "operator.nk"), join(other.secrets, "gone"));
    await expect(Accounts.open({ secrets: other.secrets })).rejects.toThrow("contains no operator");
  });
});
