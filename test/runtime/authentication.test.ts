import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser } from "@nats-io/nkeys";
import {
  AuthorizationError,
  ConnectionClosedError,
  type NatsAuthenticator,
  NatsConnection,
  type NatsCredentials,
  type NatsError,
} from "alternats";
import { afterAll, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

const folders: string[] = [];

const text = new TextDecoder();

/** A server in operator mode, and who may use it. */
async function operatorMode() {
  const operator = createOperator();
  const account = createAccount();
  const user = createUser();
  const operatorJwt = await encodeOperator("operator", operator, {});
  const limits = { conn: -1, subs: -1, data: -1, payload: -1 };
  const accountJwt = await encodeAccount("account", account, { limits }, { signer: operator });
  const jwt = await encodeUser("user", user, account, {});
  const bearer = await encodeUser("bearer", createUser(), account, { bearer_token: true });
  const config = `
    operator: ${operatorJwt}
    resolver: MEMORY
    resolver_preload: { ${account.getPublicKey()}: ${accountJwt} }
  `;
  return {
    config,
    jwt,
    bearer,
    seed: text.decode(user.getSeed()),
    creds: text.decode(fmtCreds(jwt, user)),
  };
}

async function connects(
  servers: string,
  authenticator?: NatsAuthenticator,
): Promise<NatsConnection> {
  const nats = new NatsConnection(
    authenticator === undefined ? { servers } : { servers, authenticator },
  );
  try {
    await nats.flush();
    return nats;
  } finally {
    await nats.close();
  }
}

const FAST = { reconnectWait: 10, reconnectJitter: 0, onError: () => {} };

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe.concurrent("credentials that expire", () => {
  /** A server whose users' JWTs last one second, or two at most. */
  async function shortLived() {
    const operator = createOperator();
    const account = createAccount();
    const operatorJwt = await encodeOperator("operator", operator, {});
    const limits = { conn: -1, subs: -1, data: -1, payload: -1 };
    const accountJwt = await encodeAccount("account", account, { limits }, { signer: operator });
    const config = `
      operator: ${operatorJwt}
      resolver: MEMORY
      resolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`;
    const authenticator = async () => {
      const user = createUser();
      const exp = Math.floor(Date.now() / 1000) + 2;
      const jwt = await encodeUser("user", user, account, {}, { exp });
      return { jwt, seed: new TextDecoder().decode(user.getSeed()) };
    };
    return { broker: await startBroker({ config }), authenticator };
  }

  it("are requested again each time they expire", async () => {
    const { broker, authenticator } = await shortLived();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      authenticator,
      reconnectDelay: () => 0,
      onError: (error) => errors.push(error),
    });
    await nats.connect();
    for (let times = 1; times <= 2; times++) {
      const disconnected = nextEvent(nats, "disconnected");
      expect((await disconnected).error).toBeInstanceOf(AuthorizationError);
      expect((await nextEvent(nats, "opened")).reconnected).toBe(true);
      expect(errors).toHaveLength(times);
      expect(errors.at(-1)).toMatchObject({ code: "AUTHORIZATION" });
      expect(errors.at(-1)!.message).toContain("User Authentication Expired");
    }
    await nats.flush();
    await nats.close();
    await broker[Symbol.asyncDispose]();
  });

  it("end the connection with the reason if no reconnect attempt is allowed", async () => {
    const { broker, authenticator } = await shortLived();
    const nats = new NatsConnection({
      servers: broker.url,
      authenticator,
      maxReconnectAttempts: 0,
      onError: () => {},
    });
    await nats.connect();
    expect(await nats.closed()).toBeInstanceOf(AuthorizationError);
    await broker[Symbol.asyncDispose]();
  });
});

describe("authentication", () => {
  it("accepts user and password, as credentials or in the address", async () => {
    await using broker = await startBroker({
      config: 'authorization { user: "ada", password: "p@ss/w:rd" }',
    });
    const host = `127.0.0.1:${broker.port}`;
    await connects(broker.url, { user: "ada", pass: "p@ss/w:rd" });
    await connects(`nats://ada:${encodeURIComponent("p@ss/w:rd")}@${host}`);
    await expect(connects(broker.url, { user: "ada", pass: "no" })).rejects.toThrow(
      AuthorizationError,
    );
    await expect(connects(broker.url)).rejects.toThrow(AuthorizationError);
  });

  it("accepts a token, as credentials or in the address", async () => {
    await using broker = await startBroker({ config: "authorization { token: secret }" });
    await connects(broker.url, { token: "secret" });
    await connects(`nats://secret@127.0.0.1:${broker.port}`);
    await expect(connects(broker.url, { token: "other" })).rejects.toThrow(AuthorizationError);
  });

  it("accepts an nkey", async () => {
    const user = createUser();
    await using broker = await startBroker({
      config: `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`,
    });
    await connects(broker.url, { seed: text.decode(user.getSeed()) });
    const other = text.decode(createUser().getSeed());
    await expect(connects(broker.url, { seed: other })).rejects.toThrow(AuthorizationError);
  });

  it("accepts a function that signs the nonce", async () => {
    const user = createUser();
    const nkey = user.getPublicKey();
    await using broker = await startBroker({
      config: `authorization { users: [ { nkey: ${nkey} } ] }`,
    });
    const sign = async (nonce?: string) => ({
      nkey,
      sig: Buffer.from(user.sign(Buffer.from(nonce!))).toString("base64url"),
    });
    await connects(broker.url, { sign });
    await expect(connects(broker.url, { sign: () => ({ nkey, sig: "no" }) })).rejects.toThrow(
      AuthorizationError,
    );
  });

  it("accepts a JWT with a seed, a bearer JWT, and credentials as text or file", async () => {
    const { config, jwt, seed, bearer, creds } = await operatorMode();
    await using broker = await startBroker({ config });
    const folder = await mkdtemp(join(tmpdir(), "alternats-creds-"));
    folders.push(folder);
    const credsFile = join(folder, "user.creds");
    await writeFile(credsFile, creds);
    const all: NatsCredentials[] = [{ jwt, seed }, { jwt: bearer }, { creds }, { credsFile }];
    for (const credentials of all) await connects(broker.url, credentials);
    await expect(connects(broker.url, { jwt })).rejects.toThrow(AuthorizationError);
  });

  it("calls an authenticator function at every attempt with the server's address", async () => {
    await using broker = await startBroker({ config: "authorization { token: one }" });
    const asked: string[] = [];
    const tokens = ["one", "one"];
    await using nats = new NatsConnection({
      servers: broker.url,
      reconnectWait: 10,
      onError: () => {},
      authenticator: async (server) => {
        asked.push(server);
        return { token: tokens[asked.length - 1] ?? "none left" };
      },
    });
    await nats.flush();
    const back = new Promise<void>((resolve) => {
      nats.on("opened", () => resolve());
    });
    await broker.restart("SIGKILL");
    await back;
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(new Set(asked)).toEqual(new Set([broker.url]));
  });

  it("rejects with the error that an authenticator throws", async () => {
    await using broker = await startBroker({ config: "authorization { token: one }" });
    await expect(
      connects(broker.url, () => {
        throw new Error("the vault is closed");
      }),
    ).rejects.toThrow("the vault is closed");
  });

  it("gives up when an authenticator never returns", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({
      servers: broker.url,
      connectTimeout: 50,
      authenticator: () => new Promise(() => {}),
    });
    await expect(nats.connect()).rejects.toThrow("no answer within 50 ms");
  });

  it.each([
    ["a seed that is none", { seed: "SUNOTASEED" }, "not an nkey seed"],
    ["credentials that are none", { creds: "nothing" }, "are not credentials"],
    ["a file that is not there", { credsFile: "/nowhere/user.creds" }, "cannot be read"],
  ])("explains %s, without quoting it", async (_, credentials, message) => {
    const { config } = await operatorMode();
    await using broker = await startBroker({ config });
    const connecting = connects(broker.url, credentials);
    await expect(connecting).rejects.toThrow(AuthorizationError);
    await expect(connecting).rejects.toThrow(message);
    await connecting.catch((error) => expect(inspect(error)).not.toContain("SUNOTASEED"));
  });

  it("shows no secret when the connection is inspected, logged or fails", async () => {
    let received = "";
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      received = client.received;
      client.send("-ERR 'Authorization Violation'\r\n");
      client.destroy();
    });
    const lines: string[] = [];
    const log = (details: object, message: string) => void lines.push(inspect([details, message]));
    const address = server.url.replace("nats://", "nats://ada:secret1@");
    await using nats = new NatsConnection({
      servers: address,
      authenticator: { user: "ada", pass: "secret2" },
      logger: { trace: log, debug: log, info: log, warn: log, error: log },
      onError: (error) => lines.push(inspect(error)),
    });
    await nats.connect();
    expect(received).toContain('"user":"ada","pass":"secret1"');
    lines.push(inspect(nats, { depth: 10 }), inspect(nats.options, { depth: 10 }));
    lines.push(JSON.stringify(nats.options));
    expect(() => new NatsConnection({ servers: "http://ada:secret3@host" })).toThrow(
      /http:\/\/host/,
    );
    expect(lines.join("\n")).not.toMatch(/secret\d/);
  });
});

describe("rejected credentials", () => {
  it("end the connection with the reason if rejected twice in a row", async () => {
    await using broker = await startBroker({ config: "authorization { token: one }" });
    let token = "one";
    const nats = new NatsConnection({
      servers: broker.url,
      authenticator: () => ({ token }),
      ...FAST,
    });
    await nats.connect();
    token = "two";
    await broker.restart("SIGKILL");
    expect(await nats.closed()).toBeInstanceOf(AuthorizationError);
    expect(nats.state).toBe("closed");
    await expect(nats.flush()).rejects.toThrow(ConnectionClosedError);
  });

  it("are tried again if the options say so", async () => {
    await using broker = await startBroker({ config: "authorization { token: one }" });
    let asked = 0;
    await using nats = new NatsConnection({
      servers: broker.url,
      authenticator: () => ({ token: ++asked === 1 || asked > 5 ? "one" : "two" }),
      ignoreAuthErrorAbort: true,
      ...FAST,
    });
    await nats.connect();
    const opened = nextEvent(nats, "opened");
    await broker.restart("SIGKILL");
    await opened;
    expect(asked).toBeGreaterThan(5);
  });
});
