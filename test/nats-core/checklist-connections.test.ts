import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser } from "@nats-io/nkeys";
import {
  credsAuthenticator,
  Empty,
  errors,
  jwtAuthenticator,
  type NatsConnection,
  type NatsConnectionImpl,
  nkeyAuthenticator,
  type ReconnectToServerHandler,
  type Server,
  setTransportFactory,
} from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  writeCertificate,
} from "../support/certificates.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { serverSince } from "../support/server-version.js";
import {
  all,
  bothConnects,
  described,
  type Options,
  rejection,
  StatusLog,
  thrown,
} from "./support.js";

// The rows of the checklist of a NATS client about connections, by their names there.

const quick = { reconnectTimeWait: 10, reconnectJitter: 0, reconnectJitterTLS: 0 };
/** Not what the official client tells of INFO that changes nothing, nor of PINGs. */
const moves = (status: StatusLog) =>
  status.types.filter((type) => type !== "update" && type !== "ping");

let folder: string;
let authority: Certificate;
let server: { certFile: string; keyFile: string };
let client: Certificate & { certFile: string; keyFile: string };
let caFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-nats-core-"));
  authority = await makeAuthority();
  server = await writeCertificate(folder, "server", await makeCertificate(authority, "localhost"));
  const made = await makeCertificate(authority, "client");
  client = { ...made, ...(await writeCertificate(folder, "client", made)) };
  caFile = (await writeCertificate(folder, "authority", authority)).certFile;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(bothConnects)("%s", (side, connect) => {
  const ours = side.startsWith("our");
  /** Connects, flushes and closes. */
  const connects = async (options: Options): Promise<void> => {
    const nc = await connect(options);
    await nc.flush();
    await nc.close();
  };

  describe("C: connecting", () => {
    const connectLine = async (options: Options, info = PLAIN_INFO) => {
      let received = "";
      await using fake = await startFakeServer(async (socket) => {
        await socket.greet(info);
        received = socket.received;
        await socket.answerPings();
      });
      const nc = await connect({ servers: fake.url, ...options });
      await nc.close();
      return JSON.parse(received.split("\r\n")[0]!.slice("CONNECT ".length));
    };

    it("C1: says in CONNECT what it can, and asks for headers where the server has them", async () => {
      const plain = await connectLine({});
      expect(plain).toMatchObject({
        protocol: 1,
        verbose: false,
        pedantic: false,
        headers: true,
        no_responders: true,
        lang: expect.any(String),
        version: expect.any(String),
      });
      expect(plain.echo).not.toBe(false);
      expect(plain.tls_required).not.toBe(true);
      const without = await connectLine(
        {},
        PLAIN_INFO.replace('"headers":true', '"headers":false'),
      );
      expect([without.headers, without.no_responders]).not.toContain(true);
      const all = { noEcho: true, verbose: true, pedantic: true, name: "me", user: "a", pass: "b" };
      expect(await connectLine(all)).toMatchObject({
        echo: false,
        verbose: true,
        pedantic: true,
        name: "me",
        user: "a",
        pass: "b",
      });
      expect(JSON.stringify(await connectLine({ token: "t" }))).not.toContain("caFile");
    });

    it("C2: takes servers or a port, and says that a port is dead", async () => {
      expect(await rejection(connect({ servers: "127.0.0.1:1", port: 4222 }))).toBe(
        "InvalidArgumentError: 'servers','port' are mutually exclusive",
      );
      const error = await connect({ servers: "127.0.0.1:1" }).catch((cause: unknown) => cause);
      expect(described(error)).toMatch(/^ConnectionError: connection refused <- /);
      expect(error).toBeInstanceOf(errors.ConnectionError);
      await using broker = await startBroker();
      await connects({ port: broker.port });
      const nc = await connect({ port: broker.port });
      expect([nc.getServer(), nc.info!.port]).toEqual([`127.0.0.1:${broker.port}`, broker.port]);
      expect((nc as NatsConnectionImpl).getServerVersion()).toMatchObject({ major: 2 });
      expect((nc as NatsConnectionImpl).features.supports("js_kv")).toBe(true);
      expect(nc.getServers()).toMatchObject([
        {
          listen: `127.0.0.1:${broker.port}`,
          port: broker.port,
          gossiped: false,
          didConnect: true,
        },
      ]);
      await nc.close();
    });

    it("C3: connects when INFO comes in pieces, after the PONG", async () => {
      let client: Socket | undefined;
      const note = (message: unknown): void => {
        ({ socket: client } = message as { readonly socket: Socket });
      };
      subscribe("net.client.socket", note);
      await using fake = await startFakeServer(async (socket) => {
        const ends = [20, 60, PLAIN_INFO.length];
        for (const [i, end] of ends.entries()) {
          socket.send(PLAIN_INFO.slice(ends[i - 1] ?? 0, end));
          while (client!.bytesRead < end && !client!.destroyed) await setImmediate();
        }
        await socket.until("PING\r\n");
        socket.send("PONG\r\n");
        await socket.answerPings();
      });
      await connects({ servers: fake.url });
      unsubscribe("net.client.socket", note);
    });

    it("C4: noEcho gets nothing of its own back, and needs a server that knows it", async () => {
      await using broker = await startBroker();
      const nc = await connect({ servers: broker.url, noEcho: true });
      const subscription = nc.subscribe("echo");
      nc.publish("echo");
      await nc.flush();
      subscription.unsubscribe();
      expect(await all(subscription)).toEqual([]);
      await nc.close();
      await using old = await startFakeServer(async (socket) => {
        await socket.greet(PLAIN_INFO.replace('"proto":1', '"proto":0'));
        await socket.answerPings();
      });
      expect(await rejection(connect({ servers: old.url, noEcho: true }))).toMatch(
        /^ConnectionError: server does not support 'noEcho'/,
      );
    });

    it("C5: looks up a host name", async () => {
      await using broker = await startBroker();
      await connects({ servers: `localhost:${broker.port}` });
      expect(await rejection(connect({ servers: "not.a.host.invalid:1" }))).toMatch(
        /invalid|ENOTFOUND|EAI_AGAIN/,
      );
    });

    it("C6: goes on with +OK, and with what a pedantic server finds wrong", async () => {
      await using broker = await startBroker();
      const nc = await connect({ servers: broker.url, verbose: true, pedantic: true });
      const status = new StatusLog(nc);
      nc.publish("a..b", "x");
      await nc.flush();
      expect(described((await status.until("error")).error)).toBe(
        "ProtocolError: Invalid Publish Subject",
      );
      await nc.flush();
      expect(nc.isClosed()).toBe(false);
      await nc.close();
    });

    it("W1: refuses the address of a WebSocket", async () => {
      for (const servers of ["ws://127.0.0.1:1", ["127.0.0.1:1", "wss://127.0.0.1:1"]]) {
        expect(await rejection(connect({ servers }))).toBe(
          "InvalidArgumentError: 'servers' node client doesn't support websockets, use the 'wsconnect' function instead",
        );
      }
    });
  });

  describe("A: credentials", () => {
    it("A1: user and password, token, nkey, JWT, bearer and credentials, several merged", async () => {
      const user = createUser();
      await using mixed = await startBroker({
        config: `authorization { users: [ { user: ada, password: s3 }, { nkey: ${user.getPublicKey()} } ] }`,
      });
      await connects({ servers: mixed.url, user: "ada", pass: "s3" });
      await connects({ servers: mixed.url, authenticator: nkeyAuthenticator(user.getSeed()) });
      const halves = [() => ({ user: "ada" }), () => ({ user: "ada", pass: "s3" })];
      await connects({ servers: mixed.url, authenticator: halves });
      await using token = await startBroker({ config: "authorization { token: t0 }" });
      await connects({ servers: token.url, token: "t0" });

      const operator = createOperator();
      const account = createAccount();
      const operatorJwt = await encodeOperator("operator", operator, {});
      const limits = { conn: -1, subs: -1, data: -1, payload: -1 };
      const accountJwt = await encodeAccount("account", account, { limits }, { signer: operator });
      const jwt = await encodeUser("user", user, account, {});
      const bearer = await encodeUser("bearer", createUser(), account, { bearer_token: true });
      await using jwts = await startBroker({
        config: `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`,
      });
      const { url: servers } = jwts;
      await connects({ servers, authenticator: jwtAuthenticator(jwt, user.getSeed()) });
      await connects({ servers, authenticator: jwtAuthenticator(() => bearer) });
      await connects({ servers, authenticator: credsAuthenticator(fmtCreds(jwt, user)) });
    });

    it("A2: rejects with the server's refusal, and with what an authenticator throws", async () => {
      await using broker = await startBroker({ config: "authorization { token: t0 }" });
      const error = await connect({ servers: broker.url, token: "no" }).catch(
        (cause: unknown) => cause,
      );
      expect(described(error)).toBe("AuthorizationError: Authorization Violation");
      expect(error).toBeInstanceOf(errors.AuthorizationError);
      const authenticator = () => {
        throw new Error("the vault is closed");
      };
      expect(await rejection(connect({ servers: broker.url, authenticator }))).toBe(
        "Error: the vault is closed",
      );
    });

    it("A3: two refusals in a row end the connection, however many attempts there were to be", async () => {
      await using broker = await startBroker({ config: "authorization { token: t0 }" });
      let asked = 0;
      const nc = await connect({
        servers: broker.url,
        ...quick,
        maxReconnectAttempts: -1,
        authenticator: () => ({ auth_token: asked++ === 0 ? "t0" : "no" }),
      });
      const status = new StatusLog(nc);
      await nc.reconnect();
      const reason = await nc.closed();
      expect(reason).toBeInstanceOf(errors.AuthorizationError);
      expect(described(reason)).toBe("AuthorizationError: Authorization Violation");
      await status.done;
      expect(asked).toBe(3);
      expect(status.types.filter((type) => type === "error")).toHaveLength(2);
    });

    it("A3: ignoreAuthErrorAbort goes on", async () => {
      await using broker = await startBroker({ config: "authorization { token: t0 }" });
      let asked = 0;
      const nc = await connect({
        servers: broker.url,
        ...quick,
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true,
        authenticator: () => ({ auth_token: asked++ === 0 || asked > 5 ? "t0" : "no" }),
      });
      const status = new StatusLog(nc);
      await nc.reconnect();
      await status.until("reconnect");
      expect(asked).toBe(6);
      await nc.close();
    });

    it("A4: expired credentials: told, and renewed; or the reason why it is closed", async () => {
      const expire = "-ERR 'User Authentication Expired'\r\n";
      const expiring = () =>
        startFakeServer(async (socket) => {
          await socket.greet();
          await socket.until("PING\r\n", 2);
          socket.send(`PONG\r\n${expire}`);
          socket.destroy();
        });
      await using once = await expiring();
      const nc = await connect({ servers: once.url, reconnect: false });
      await nc.flush();
      const reason = await nc.closed();
      expect(described(reason)).toBe("UserAuthenticationExpiredError: User Authentication Expired");
      expect(reason).toBeInstanceOf(errors.UserAuthenticationExpiredError);

      await using again = await expiring();
      const kept = await connect({ servers: again.url, ...quick });
      const status = new StatusLog(kept);
      for (let i = 1; i <= 3; i++) {
        await kept.flush();
        expect((await status.until("error", i)).error).toBeInstanceOf(
          errors.UserAuthenticationExpiredError,
        );
        await status.until("reconnect", i);
      }
      await kept.close();
    });
  });

  describe("T: encryption", () => {
    const config = (more = "") =>
      `tls { cert_file: "${server.certFile}", key_file: "${server.keyFile}", ca_file: "${caFile}", timeout: 5 ${more} }`;

    it("T1: is refused by a plain server, taken unasked where required, and left where it is only offered and ruled out", async () => {
      await using plain = await startBroker();
      expect(await rejection(connect({ servers: plain.url, tls: {} }))).toEqual(
        expect.stringMatching(/^ConnectionError: server does not support 'tls'/),
      );
      await using required = await startBroker({ config: config() });
      expect(await rejection(connect({ servers: required.url }))).toMatch(
        /self.signed|unable to verify/,
      );
      await using offered = await startBroker({ config: `${config()}\nallow_non_tls: true` });
      await connects({ servers: offered.url, tls: null });
    });

    it("T2: verifies the server, and shows certificates from text and from files", async () => {
      await using broker = await startBroker({ config: config(", verify: true") });
      const servers = `localhost:${broker.port}`;
      const { cert, key, certFile, keyFile } = client;
      await connects({ servers, tls: { ca: authority.cert, cert, key } });
      await connects({ servers, tls: { caFile, certFile, keyFile } });
      await connects({ servers, tls: { rejectUnauthorized: false, cert, key } });
      expect(await rejection(connect({ servers, tls: { cert, key } }))).toMatch(
        /unable to verify the first certificate|self.signed certificate in certificate chain/,
      );
      const absent = join(folder, "absent.pem");
      for (const name of ["caFile", "certFile", "keyFile"]) {
        expect(await rejection(connect({ servers, tls: { [name]: absent } }))).toMatch(
          `ConnectionError: ${absent} doesn't exist`,
        );
      }
    });

    it.runIf(serverSince("2.10"))("T3: encrypts before INFO where asked to", async () => {
      await using broker = await startBroker({ config: config(", handshake_first: true") });
      await connects({
        servers: `localhost:${broker.port}`,
        tls: { handshakeFirst: true, caFile },
      });
    });
  });

  describe("R: reconnecting", () => {
    it("R2, R5: comes back at once, with the subscriptions and what is left of their counts", async () => {
      await using broker = await startBroker();
      const delays: number[] = [];
      const nc = await connect({
        servers: broker.url,
        reconnectDelayHandler: () => {
          delays.push(delays.length);
          return 10;
        },
      });
      const status = new StatusLog(nc);
      const plain = nc.subscribe("r5", { max: 3 });
      const grouped = nc.subscribe("r5.q", { queue: "q" });
      const name = nc.getServer();
      nc.publish("r5", "1");
      await nc.flush();
      await broker.restart("SIGKILL");
      await status.until("reconnect");
      for (const one of ["2", "3", "4"]) nc.publish("r5", one);
      nc.publish("r5.q", "q");
      await nc.flush();
      expect((await all(plain)).map((m) => m.string())).toEqual(["1", "2", "3"]);
      grouped.unsubscribe();
      expect((await all(grouped)).map((m) => m.string())).toEqual(["q"]);
      expect(moves(status).filter((type) => type !== "reconnecting")).toEqual([
        "disconnect",
        "reconnect",
      ]);
      expect(status.all[0]).toEqual({ type: "disconnect", server: name });
      expect(status.all.at(-1)).toEqual({ type: "reconnect", server: name });
      expect(delays.length).toBeGreaterThan(0);
      await nc.close();
    });

    it("R3: gives a server so many attempts, then is closed with the reason", async () => {
      const broker = await startBroker();
      const nc = await connect({ servers: broker.url, ...quick });
      const status = new StatusLog(nc);
      await broker[Symbol.asyncDispose]();
      const reason = await nc.closed();
      expect(described(reason)).toMatch(/^ConnectionError: connection refused/);
      expect(reason).toBeInstanceOf(errors.ConnectionError);
      await status.done;
      expect(moves(status)).toEqual(["disconnect", ...Array(10).fill("reconnecting"), "close"]);
    });

    it("R4: without reconnect it ends with the connection, and tries nothing", async () => {
      const broker = await startBroker();
      const nc = await connect({ servers: broker.url, reconnect: false });
      const status = new StatusLog(nc);
      await broker[Symbol.asyncDispose]();
      expect(await nc.closed()).toBeUndefined();
      await status.done;
      expect(moves(status)).toEqual(["disconnect", "close"]);
    });

    it("R4: waits for the first connection where asked to, and close stops the attempts", async () => {
      const broker = await startBroker();
      await broker.stop();
      const late = connect({
        servers: `127.0.0.1:${broker.port}`,
        ...quick,
        waitOnFirstConnect: true,
      });
      await broker.start();
      const nc = await late;
      const status = new StatusLog(nc);
      await broker[Symbol.asyncDispose]();
      await status.until("reconnecting", 2);
      await nc.close();
      await status.done;
      expect(status.types.at(-1)).toBe("close");
    });

    it("R8: goes where setServers says, at once after reconnect", async () => {
      await using first = await startBroker();
      await using second = await startBroker();
      const nc = await connect({ servers: first.url, ...quick });
      const status = new StatusLog(nc);
      const subscription = nc.subscribe("r8", { max: 1 });
      await nc.flush();
      expect(thrown(() => nc.setServers([]))).toBe(
        "InvalidArgumentError: 'servers' cannot be empty",
      );
      nc.setServers([`127.0.0.1:${second.port}`]);
      expect(nc.getServer()).toBe(`127.0.0.1:${first.port}`);
      await nc.reconnect();
      await status.until("reconnect");
      expect(nc.getServer()).toBe(`127.0.0.1:${second.port}`);
      expect(nc.getServers().map(({ listen }) => listen)).toEqual([`127.0.0.1:${second.port}`]);
      nc.publish("r8");
      expect(await all(subscription)).toHaveLength(1);
      expect(moves(status)).toEqual(["forceReconnect", "disconnect", "reconnecting", "reconnect"]);
      await nc.close();
    });

    it("R8: reconnectToServer chooses a server, at once, after a delay, or not; failing ends it", async () => {
      await using first = await startBroker();
      await using second = await startBroker();
      const at = (port: number) => `127.0.0.1:${port}`;
      const answers: ((pool: readonly Server[]) => ReturnType<ReconnectToServerHandler>)[] = [
        (pool) => pool.find(({ port }) => port === second.port)!,
        (pool) => ({ server: pool.find(({ port }) => port === first.port)!, delay: 20 }),
        () => null,
        (pool) => ({ ...pool[0]!, listen: "10.0.0.1:4222" }),
      ];
      const nc = await connect({
        servers: [at(first.port), at(second.port)],
        ...quick,
        reconnectToServer: (pool) => answers.shift()!(pool),
      });
      const status = new StatusLog(nc);
      expect(nc.getServer()).toBe(at(second.port));
      await nc.reconnect();
      await status.until("reconnect", 1);
      expect(nc.getServer()).toBe(at(first.port));
      await nc.reconnect();
      await status.until("reconnect", 2);
      await nc.reconnect();
      expect(described(await nc.closed())).toMatch(
        /^ConnectionError: client option reconnectToServer handler failed: returned server is not in the pool/,
      );
      const failing = () => {
        throw new Error("no idea");
      };
      const refused = await connect({ port: first.port, reconnectToServer: failing }).catch(
        described,
      );
      expect(refused).toMatch(
        /^ConnectionError: client option reconnectToServer handler failed: no idea/,
      );
    });

    it("R1: learns of servers and forgets those that are taken back, unless told not to", async () => {
      const changes = async (options: Options) => {
        const info = (urls: string) =>
          PLAIN_INFO.replace('"proto"', `"connect_urls":[${urls}],"proto"`);
        await using fake = await startFakeServer(async (socket) => {
          await socket.greet();
          await socket.until("PING\r\n", 2);
          socket.send(
            `${info('"10.0.0.1:4222","10.0.0.2:4222"')}${info('"10.0.0.2:4222"')}PONG\r\n`,
          );
        });
        const nc = await connect({ servers: fake.url, ...options });
        const status = new StatusLog(nc);
        await nc.flush();
        const known = nc.getServers().map(({ listen, gossiped }) => `${listen} ${gossiped}`);
        await nc.close();
        await status.done;
        return { all: status.all.filter(({ type }) => type === "update"), known: known.slice(1) };
      };
      const { all: updates, known } = await changes({ noRandomize: true });
      expect(updates).toEqual([
        { type: "update", added: ["10.0.0.1:4222", "10.0.0.2:4222"], deleted: [] },
        { type: "update", added: [], deleted: ["10.0.0.1:4222"] },
      ]);
      expect(known).toEqual(["10.0.0.2:4222 true"]);
      expect(await changes({ ignoreClusterUpdates: true })).toEqual({ all: [], known: [] });
    });
  });

  describe("L: the server's health", () => {
    it("L1: leaves a server that answers no PING, and answers those of the server", async () => {
      let connections = 0;
      await using fake = await startFakeServer(async (socket) => {
        connections++;
        await socket.greet();
        socket.send("PING\r\n");
        await socket.until("PONG\r\n");
        if (connections > 1) await socket.answerPings();
      });
      const nc = await connect({ servers: fake.url, ...quick, pingInterval: 20, maxPingOut: 2 });
      const status = new StatusLog(nc);
      await status.until("reconnect");
      expect(moves(status)).toEqual(["staleConnection", "disconnect", "reconnecting", "reconnect"]);
      expect(status.types.filter((type) => type === "ping").length).toBeGreaterThanOrEqual(2);
      await nc.close();
    });

    it("L2: tells that the server is about to shut down", async () => {
      await using fake = await startFakeServer(async (socket) => {
        await socket.greet();
        await socket.until("PING\r\n", 2);
        socket.send(PLAIN_INFO.replace('"proto"', '"ldm":true,"proto"'));
        await socket.answerPings();
      });
      const nc = await connect({ servers: fake.url });
      const status = new StatusLog(nc);
      await nc.flush();
      expect(await status.until("ldm")).toEqual({ type: "ldm", server: nc.getServer() });
      await nc.close();
    });
  });

  describe("V: permissions", () => {
    const config = `authorization { users: [ { user: u, password: p, permissions: {
      publish: { deny: ["no.>"] }, subscribe: { deny: ["no.>", "_DENIED.>"] } } } ] }`;
    const login = { user: "u", pass: "p" };

    it("V1: a refused subscription ends with the error, and the connection goes on", async () => {
      await using broker = await startBroker({ config });
      const nc = await connect({ servers: broker.url, ...login });
      const status = new StatusLog(nc);
      const looped = nc.subscribe("no.loop");
      const rejected = await all(looped).catch((error: unknown) => error);
      expect(rejected).toBeInstanceOf(errors.PermissionViolationError);
      expect(rejected).toMatchObject({ operation: "subscription", subject: "no.loop" });
      expect((rejected as Error).message).toContain(
        'Permissions Violation for Subscription to "no.loop"',
      );
      expect(await looped.closed).toBe(rejected);
      const called = await new Promise((resolve) => {
        nc.subscribe("no.call", { queue: "q", callback: (error) => resolve(error) });
      });
      expect(called).toMatchObject({ operation: "subscription", subject: "no.call", queue: "q" });
      expect((await status.until("error", 2)).error).toBeInstanceOf(
        errors.PermissionViolationError,
      );
      await nc.flush();
      await nc.close();
    });

    it("V2: a refused message is told, and rejects the request that it was", async () => {
      await using broker = await startBroker({ config });
      const nc = await connect({ servers: broker.url, ...login });
      const status = new StatusLog(nc);
      const kept = nc.subscribe("yes", { max: 1 });
      nc.publish("no.publish");
      expect((await status.until("error")).error).toMatchObject({
        operation: "publish",
        subject: "no.publish",
      });
      for (const options of [{ timeout: 5_000 }, { timeout: 5_000, noMux: true }]) {
        const error = await nc
          .request("no.request", Empty, options)
          .catch((cause: unknown) => cause);
        expect(described(error)).toMatch(
          /^RequestError: Permissions Violation for Publish to "no.request" <- PermissionViolationError$/,
        );
      }
      const many = await nc.requestMany("no.many", Empty, { maxWait: 5_000 });
      expect(await rejection(all(many))).toMatch(/^PermissionViolationError: /);
      nc.publish("yes");
      expect(await all(kept)).toHaveLength(1);
      await nc.close();
    });

    it("V2: a refused inbox rejects all requests", async () => {
      await using broker = await startBroker({ config });
      const peer: NatsConnection = await connect({ servers: broker.url, ...login });
      peer.subscribe("asked", { callback: () => {} });
      await peer.flush();
      const nc = await connect({ servers: broker.url, ...login, inboxPrefix: "_DENIED" });
      const asked = [1, 2].map(() =>
        nc.request("asked", Empty, { timeout: 5_000 }).catch((cause: unknown) => cause),
      );
      for (const error of await Promise.all(asked)) {
        expect(described(error)).toMatch(
          /^RequestError: Permissions Violation for Subscription to "_DENIED.* <- PermissionViolationError$/,
        );
      }
      await nc.close();
      await peer.close();
    });
  });

  if (ours) {
    it("A1: waits for an authenticator that answers later, which the official client does not", async () => {
      await using broker = await startBroker({ config: "authorization { token: t0 }" });
      const authenticator = (async () => ({ auth_token: "t0" })) as unknown as () => {
        auth_token: string;
      };
      await connects({ servers: broker.url, authenticator });
    });

    it("W2: is not moved to another transport by what else the process connects with", async () => {
      await using broker = await startBroker();
      const nc = await connect({ servers: broker.url, ...quick });
      const factory = () => {
        throw new Error("another transport");
      };
      setTransportFactory({ factory, defaultPort: 1 });
      const status = new StatusLog(nc);
      await nc.reconnect();
      await status.until("reconnect");
      await nc.close();
      await connects({ servers: broker.url });
    });

    it("R6: keeps what is published while the server is away, in order", async () => {
      await using broker = await startBroker();
      const nc = await connect({ servers: broker.url, ...quick });
      const status = new StatusLog(nc);
      const subscription = nc.subscribe("r6", { max: 10 });
      await nc.flush();
      await broker.stop("SIGKILL");
      await status.until("disconnect");
      for (let i = 0; i < 10; i++) nc.publish("r6", String(i));
      await broker.start();
      expect((await all(subscription)).map((m) => m.string()).join("")).toBe("0123456789");
      await nc.close();
    });

    it("R6: refuses more than maxPendingBytes with PendingLimitError", async () => {
      await using broker = await startBroker();
      const limited: Options = { servers: broker.url, ...quick, ...{ maxPendingBytes: 1_000_000 } };
      const nc = await connect(limited);
      await broker.pause();
      const bytes = new Uint8Array(100_000);
      expect(
        thrown(() => {
          for (let i = 0; i < 200; i++) nc.publish("full", bytes);
        }),
      ).toMatch(/^PendingLimitError: /);
      broker.resume();
      await nc.close();
    });
  }
});
