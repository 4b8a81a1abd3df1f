import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { NatsConnection } from "alternats";
import { connect } from "alternats/nats-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Certificate, makeAuthority, makeCertificate } from "../support/certificates.js";
import { type FakeServer, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { within } from "../support/settled.js";

const FAST = { reconnectWait: 20, reconnectWaitMax: 20, reconnectJitter: 0, reconnectJitterTls: 0 };
const SECRET = { user: "app", pass: "in-the-clear" };
const OPTIONS = { ...FAST, authenticator: SECRET, onError: () => {} };

let authority: Certificate;
let certificate: Certificate;
/** The system's authorities count where the options name none, and the tests' own is none of them. */
const { NODE_TLS_REJECT_UNAUTHORIZED } = process.env;
afterAll(() => {
  if (NODE_TLS_REJECT_UNAUTHORIZED === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  else process.env.NODE_TLS_REJECT_UNAUTHORIZED = NODE_TLS_REJECT_UNAUTHORIZED;
});
beforeAll(async () => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  authority = await makeAuthority();
  certificate = await makeCertificate(authority, "localhost");
});

/** A server that asks for TLS, names other servers, and ends the connection when it is told to. */
async function startTlsServer(flag: "tls_required" | "tls_available", others: readonly string[]) {
  const sockets = new Set<Socket>();
  let secure: TLSSocket | undefined;
  let open = true;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (!open) return void socket.destroy();
    const info = PLAIN_INFO.replace(
      "{",
      `{"${flag}":true,"connect_urls":${JSON.stringify(others)},`,
    );
    socket.write(info);
    secure = new TLSSocket(socket, { isServer: true, ...certificate });
    secure.on("error", () => {});
    secure.on("data", (bytes: Buffer) => {
      const pings = `${bytes}`.split("PING\r\n").length - 1;
      secure?.write("PONG\r\n".repeat(pings));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    /** Ends the connection, and refuses further ones. */
    leave() {
      open = false;
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

/** A server without TLS, as a mistake or an attacker puts it into a cluster. */
const startPlainServer = (): Promise<FakeServer> =>
  startFakeServer(async (client) => {
    client.send(PLAIN_INFO);
    await client.until("PING\r\n");
    client.send("PONG\r\n");
  });

const FLAGS = ["tls_required", "tls_available"] as const;

describe.each(FLAGS)("a connection to a nats:// address whose server says %s", (flag) => {
  it("gives nothing to a server without TLS that the cluster names", async () => {
    await using plain = await startPlainServer();
    await using first = await startTlsServer(flag, [plain.url.replace("nats://", "")]);
    await using nats = new NatsConnection({
      servers: `nats://127.0.0.1:${first.port}`,
      ...OPTIONS,
    });
    await nats.connect();
    const refused = refusal(nats, plain.url);
    first.leave();
    await within(5_000, refused, "the refusal of the server without TLS");
    expect((await plain.client(1)).received).toBe("");
  });

  it("gives nothing to a server without TLS of its own options", async () => {
    await using plain = await startPlainServer();
    await using first = await startTlsServer(flag, []);
    await using nats = new NatsConnection({
      servers: [`nats://127.0.0.1:${first.port}`, plain.url],
      noRandomize: true,
      ...OPTIONS,
    });
    await nats.connect();
    const refused = refusal(nats, plain.url);
    first.leave();
    await within(5_000, refused, "the refusal of the server without TLS");
    expect((await plain.client(1)).received).toBe("");
  });

  it("gives nothing to a server without TLS at the same address", async () => {
    await using plain = await startPlainServer();
    await using first = await startTlsServer(flag, []);
    let port = first.port;
    await using nats = new NatsConnection({
      servers: `nats://127.0.0.1:${first.port}`,
      onConnecting: () => ({ host: "127.0.0.1", port }),
      ...OPTIONS,
    });
    await nats.connect();
    const refused = refusal(nats, `nats://127.0.0.1:${first.port}`);
    port = Number(new URL(plain.url).port);
    first.leave();
    await within(5_000, refused, "the refusal of the server without TLS");
    expect((await plain.client(1)).received).toBe("");
  });

  it("gives nothing to such a server through the official API", async () => {
    await using plain = await startPlainServer();
    await using first = await startTlsServer(flag, [plain.url.replace("nats://", "")]);
    const nc = await connect({
      servers: `127.0.0.1:${first.port}`,
      user: SECRET.user,
      pass: SECRET.pass,
      reconnectTimeWait: 20,
      reconnectJitter: 0,
      reconnectJitterTLS: 0,
    });
    first.leave();
    // The server without TLS is dialled more than once: the first time, it was left without a word.
    await within(10_000, plain.client(2), "the second attempt at the server without TLS");
    expect((await plain.client(1)).received).toBe("");
    await nc.close();
  });
});

describe("a connection for which TLS was never used", () => {
  it("goes to a server of the cluster without TLS", async () => {
    await using second = await startPlainServer();
    await using first = await startFakeServer(async (client) => {
      const urls = JSON.stringify([second.url.replace("nats://", "")]);
      await client.greet(PLAIN_INFO.replace("{", `{"connect_urls":${urls},`));
      await client.until("PUB leave");
      client.destroy();
    });
    await using nats = new NatsConnection({ servers: first.url, ...OPTIONS });
    await nats.connect();
    nats.post("leave", 1);
    await within(5_000, second.client(1), "the second server");
  });
});

/** @returns Settles when a server was tried and refused, since it has no TLS. */
function refusal(nats: NatsConnection, server: string): Promise<void> {
  return new Promise((resolve, reject) => {
    nats.on("reconnectFailed", (failed) => {
      if (failed.server === server && /tls/i.test(failed.error.message)) resolve();
    });
    nats.on("opened", ({ server: opened }) =>
      reject(new Error(`connected to ${opened} without TLS`)),
    );
  });
}
