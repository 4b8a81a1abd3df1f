/** Rows of the checklist of a NATS client that concern connections and have no better place. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeAccount, encodeOperator, encodeUser } from "@nats-io/jwt";
import { createAccount, createOperator, createUser } from "@nats-io/nkeys";
import { connect } from "@nats-io/transport-node";
import {
  AuthorizationError,
  ConnectionClosedError,
  ConnectionError,
  InvalidArgumentError,
  NatsConnection,
  type NatsError,
  type NatsOptions,
} from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { makeAuthority, makeCertificate, writeCertificate } from "../support/certificates.js";
import { type FakeClient, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

/** @returns What the client sends as CONNECT. */
async function connectOf(
  options: NatsOptions,
  info = PLAIN_INFO,
): Promise<Record<string, unknown>> {
  await using server = await startFakeServer((client) => client.greet(info));
  const nats = new NatsConnection({ ...options, servers: server.url });
  await nats.connect();
  const { received } = server.clients[0]!;
  const closing = nats.close();
  server.clients[0]!.send("PONG\r\n");
  await closing;
  return JSON.parse(/^CONNECT (.*)\r\n/.exec(received)![1]!);
}

describe("C1: CONNECT", () => {
  it("says protocol 1, language and version, and is neither verbose nor pedantic", async () => {
    const said = await connectOf({});
    expect(said).toMatchObject({ protocol: 1, verbose: false, pedantic: false, echo: true });
    expect(said.lang).toBe("typescript");
    expect(said.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(said.tls_required).toBe(false);
  });

  it.each([true, false])(
    "says headers and no_responders where INFO says headers: %s",
    async (headers) => {
      const info = PLAIN_INFO.replace('"headers":true', `"headers":${headers}`);
      expect(await connectOf({}, info)).toMatchObject({ headers, no_responders: headers });
    },
  );

  it("says echo: false only when that is asked for, and verbose, pedantic and name as they are", async () => {
    const options = { echo: false, verbose: true, pedantic: true, name: "n" };
    expect(await connectOf(options)).toMatchObject(options);
  });

  it("says tls_required with tls, and nothing of keys and certificates", async () => {
    const folder = await mkdtemp(join(tmpdir(), "alternats-connect-"));
    const authority = await makeAuthority();
    const files = await writeCertificate(
      folder,
      "s",
      await makeCertificate(authority, "localhost"),
    );
    await using broker = await startBroker({
      config: `tls { cert_file: "${files.certFile}", key_file: "${files.keyFile}" }`,
      args: ["-DV"],
    });
    await using nats = new NatsConnection({
      servers: `tls://localhost:${broker.port}`,
      tls: { ca: authority.cert, cert: authority.cert, key: authority.key },
    });
    await nats.flush();
    const said = JSON.parse(/CONNECT (\{.*\})\]/.exec(broker.log())![1]!);
    expect(said.tls_required).toBe(true);
    expect(Object.keys(said).sort()).toEqual([
      "echo",
      "headers",
      "lang",
      "no_responders",
      "pedantic",
      "protocol",
      "tls_required",
      "verbose",
      "version",
    ]);
    await rm(folder, { recursive: true });
  });
});

describe("C2: where to connect", () => {
  it("is port 4222 of this machine by default", () => {
    expect(new NatsConnection().options.servers).toEqual(["nats://localhost:4222"]);
    expect(new NatsConnection({ servers: "example" }).servers).toEqual(["nats://example:4222"]);
  });

  it("is in servers, with the port: another option for it is refused", () => {
    const options = { servers: "a", port: 4222 } as NatsOptions;
    expect(() => new NatsConnection(options)).toThrow(InvalidArgumentError);
  });

  it("is a ConnectionError where nobody listens", async () => {
    await using broker = await startBroker();
    await broker.stop();
    const connecting = new NatsConnection({ servers: broker.url }).connect();
    await expect(connecting).rejects.toThrow(ConnectionError);
    await expect(connecting).rejects.toThrow("ECONNREFUSED");
  });
});

describe("C3: connect", () => {
  it("settles with the PONG that follows CONNECT, and INFO may come in pieces", async () => {
    await using server = await startFakeServer(async (client) => {
      for (const byte of PLAIN_INFO) {
        client.send(byte);
        await new Promise(setImmediate);
      }
    });
    await using nats = new NatsConnection({ servers: server.url });
    let connected = false;
    const connecting = nats.connect().then(() => {
      connected = true;
    });
    const client = await server.client(1);
    await client.until("CONNECT ");
    await client.until("PING\r\n");
    expect(connected).toBe(false);
    client.send("PONG\r\n");
    await connecting;
    void client.answerPings();
  });
});

describe("C4: echo: false", () => {
  it("is refused by name where the server cannot do it", async () => {
    const info = PLAIN_INFO.replace('"proto":1', '"proto":0');
    await using server = await startFakeServer((client) => client.send(info));
    await using nats = new NatsConnection({ servers: server.url, echo: false });
    const connecting = nats.connect();
    await expect(connecting).rejects.toThrow('does not support "echo: false"');
    await expect(connecting).rejects.toMatchObject({ cause: expect.any(InvalidArgumentError) });
  });
});

describe("C5: a host name", () => {
  it("stands for all its addresses: one where nobody listens is passed over", async () => {
    // The broker listens on 127.0.0.1 only; "localhost" may be ::1 first.
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: `localhost:${broker.port}` });
    await nats.connect();
  });
});

describe("C6: a server that was asked to be", () => {
  it("verbose says +OK, which changes nothing", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, verbose: true });
    await nats.respond<number, number>("double", (n) => 2 * n);
    expect(await Promise.all([1, 2, 3].map((n) => nats.request("double", n)))).toEqual([2, 4, 6]);
  });

  it("pedantic complains of a subject, and the connection stays", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      pedantic: true,
      onError: (error) => errors.push(error),
    });
    nats.writeDirect("PUB a..b 0\r\n");
    await nats.flush();
    expect(errors).toMatchObject([{ code: "SERVER" }]);
    expect(errors[0]!.message).toContain("Invalid Publish Subject");
    expect(nats.getStats().reconnects).toBe(0);
  });
});

describe("A4: credentials that expire", () => {
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

  it("are asked for again, as often as they expire", async () => {
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

  it("are the reason of the end where nothing is to be tried again", async () => {
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

describe("T4: the name in the certificate", () => {
  it("is that of the server in the options also for IP addresses that the cluster tells of", async () => {
    const folder = await mkdtemp(join(tmpdir(), "alternats-names-"));
    const authority = await makeAuthority();
    // No IP address in it.
    const certificate = await makeCertificate(authority, "localhost", { addresses: [] });
    const files = await writeCertificate(folder, "server", certificate);
    const config = (routes: string) => `
      tls { cert_file: "${files.certFile}", key_file: "${files.keyFile}", timeout: 5 }
      cluster { name: test, listen: "127.0.0.1:-1", ${routes} }`;
    await using first = await startBroker({ config: config("") });
    const routes = `routes: ["${first.clusterUrl}"]`;
    await using second = await startBroker({ config: config(routes) });
    await using nats = new NatsConnection({
      servers: `tls://localhost:${first.port}`,
      tls: { ca: authority.cert },
      reconnectWait: 10,
      reconnectJitterTls: 0,
      noRandomize: true,
      onError: () => {},
    });
    await nats.connect();
    while (
      nats.servers.length < 2 ||
      !nats.servers.some((server) => server.endsWith(`:${second.port}`))
    ) {
      await nextEvent(nats, "serversChanged");
    }
    expect(nats.servers).toContain(`tls://127.0.0.1:${second.port}`);
    const opened = nextEvent(nats, "opened");
    await first.stop("SIGKILL");
    expect((await opened).server).toBe(`tls://127.0.0.1:${second.port}`);
    await rm(folder, { recursive: true });
  });
});

describe("R1: the servers", () => {
  const servers = Array.from({ length: 8 }, (_, i) => `nats://s${i}:4222`);

  it("are shuffled", () => {
    const orders = Array.from({ length: 10 }, () => new NatsConnection({ servers }).servers.join());
    expect(new Set(orders).size).toBeGreaterThan(1);
    expect(orders[0]!.split(",").sort()).toEqual(servers);
  });

  it("keep their order with noRandomize", () => {
    expect(new NatsConnection({ servers, noRandomize: true }).servers).toEqual(servers);
  });
});

describe("R4: close", () => {
  it("ends the attempts to reconnect that wait", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({
      servers: broker.url,
      reconnectWait: 60_000,
      onError: () => {},
    });
    await nats.connect();
    const failed = nextEvent(nats, "reconnectFailed");
    await broker.stop("SIGKILL");
    nats.reconnect().catch(() => {});
    await failed;
    await nats.close();
    expect(await nats.closed()).toBeUndefined();
  });
});

describe("L1: PING", () => {
  it("of the server is answered", async () => {
    let asking: FakeClient | undefined;
    await using server = await startFakeServer(async (client) => {
      asking = client;
      await client.greet();
      client.send("PING\r\nPING\r\n");
      await client.until("PONG\r\n", 2);
      await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url });
    await nats.flush();
    expect(asking!.count("PONG\r\n")).toBe(2);
  });
});

describe("D3: after close", () => {
  it("closed settles with nothing, unsubscribe does nothing, and every command is refused", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url });
    const subscription = await nats.subscribe("a", () => {});
    const asking = nats.request("a");
    const many = nats.requestMany("a");
    await nats.close();
    await expect(asking).rejects.toThrow(ConnectionClosedError);
    await expect(many.next()).rejects.toThrow(ConnectionClosedError);
    expect(await nats.closed()).toBeUndefined();
    expect(await subscription.closed).toBeUndefined();
    subscription.unsubscribe();
    subscription.unsubscribe(5);
    await subscription.drain();
    await expect(nats.requestMany("a").next()).rejects.toThrow(ConnectionClosedError);
    await expect(nats.drain()).rejects.toThrow(ConnectionClosedError);
  });

  it("iterators end", async () => {
    await using broker = await startBroker();
    const peer = await connect({ servers: broker.url });
    const nats = new NatsConnection({ servers: broker.url });
    const messages = nats.messages<number>("a");
    await messages.ready;
    peer.publish("a", "1");
    await peer.flush();
    await nats.flush();
    await nats.close();
    const got: number[] = [];
    for await (const { value } of messages) got.push(value);
    expect(got).toEqual([1]);
    await peer.close();
  });
});
