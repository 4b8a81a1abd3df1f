import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  InvalidArgumentError,
  NatsConnection,
  type NatsTlsOptions,
  rawSerializer,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  writeCertificate,
} from "../support/certificates.js";
import { nextEvent } from "../support/next-event.js";
import { serverSince } from "../support/server-version.js";

let folder: string;
let authority: Certificate;
let server: { certFile: string; keyFile: string };
let client: { certFile: string; keyFile: string };
let caFile: string;

const config = (more = "") =>
  `tls { cert_file: "${server.certFile}", key_file: "${server.keyFile}", ca_file: "${caFile}", timeout: 5 ${more} }`;

const address = ({ port }: { port: number }) => `nats://127.0.0.1:${port}`;

/** Sends a megabyte and small messages both ways. */
async function exercise(nats: NatsConnection): Promise<void> {
  const large = new Uint8Array(1_000_000).map((_, i) => i % 251);
  let got = 0;
  const all = new Promise<void>((resolve) => {
    nats
      .subscribe<Uint8Array>(
        "tls",
        (bytes) => {
          if (got < 5) expect(Buffer.compare(bytes, large)).toBe(0);
          else expect(bytes).toEqual(new Uint8Array([got % 256]));
          if (++got === 20_005) resolve();
        },
        { serializer: rawSerializer },
      )
      .then(async () => {
        for (let i = 0; i < 5; i++) await nats.publish("tls", large);
        for (let i = 5; i < 20_005; i++) await nats.publish("tls", new Uint8Array([i % 256]));
      });
  });
  await all;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-tls-"));
  authority = await makeAuthority();
  server = await writeCertificate(folder, "server", await makeCertificate(authority, "localhost"));
  client = await writeCertificate(folder, "client", await makeCertificate(authority, "client"));
  caFile = (await writeCertificate(folder, "authority", authority)).certFile;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the name in the certificate", () => {
  it("is that of the server in the options, even for IP addresses announced by the cluster", async () => {
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

describe("TLS", () => {
  it("is used if the server requires it, and checks the certificate", async () => {
    await using broker = await startBroker({ config: config() });
    await using nats = new NatsConnection({ servers: address(broker) });
    await expect(nats.connect()).rejects.toThrow(/self-signed|unable to verify/);
  });

  it("trusts a given authority, as text or file, and carries messages", async () => {
    await using broker = await startBroker({ config: config() });
    for (const tls of [{ ca: authority.cert }, { caFile }] satisfies NatsTlsOptions[]) {
      await using nats = new NatsConnection({ servers: address(broker), tls });
      await exercise(nats);
    }
  });

  it("pauses and continues reading without losing a message", async () => {
    await using broker = await startBroker({ config: config() });
    await using nats = new NatsConnection({ servers: address(broker), tls: { caFile } });
    await using reader = new NatsConnection({
      servers: address(broker),
      tls: { caFile },
      readerBufferSize: 2_048,
    });
    const messages = reader.messages<number>("paused", { maxBuffered: 8, whenFull: "pause" });
    await messages.ready;
    for (let i = 0; i < 20_000; i++) await nats.publish("paused", i);
    let expected = 0;
    for await (const { value } of messages) {
      expect(value).toBe(expected++);
      if (expected === 20_000) break;
    }
  });

  it("shows a client certificate if the server requests one", async () => {
    await using broker = await startBroker({ config: config(", verify: true") });
    await using none = new NatsConnection({ servers: address(broker), tls: { caFile } });
    await expect(none.connect()).rejects.toThrow();
    await using nats = new NatsConnection({
      servers: address(broker),
      tls: { caFile, ...client },
    });
    await nats.flush();
  });

  it.runIf(serverSince("2.10"))("can come before INFO", async () => {
    await using broker = await startBroker({ config: config(", handshake_first: true") });
    await using nats = new NatsConnection({
      servers: address(broker),
      tls: { caFile, handshakeFirst: true },
    });
    await nats.flush();
  });

  it("checks the name in the certificate", async () => {
    await using broker = await startBroker({ config: config() });
    await using wrong = new NatsConnection({
      servers: address(broker),
      tls: { caFile, servername: "example.com" },
    });
    await expect(wrong.connect()).rejects.toThrow("altnames");
    await using right = new NatsConnection({
      servers: `tls://localhost:${broker.port}`,
      tls: { caFile },
    });
    await right.connect();
  });

  it("accepts any certificate if the options say so", async () => {
    await using broker = await startBroker({ config: config() });
    await using nats = new NatsConnection({
      servers: address(broker),
      tls: { rejectUnauthorized: false },
    });
    await nats.flush();
  });

  it("is used if it is offered, unless the options exclude it", async () => {
    await using broker = await startBroker({ config: `${config()}, allow_non_tls: true` });
    await using offered = new NatsConnection({ servers: address(broker) });
    await expect(offered.connect()).rejects.toThrow(/self-signed|unable to verify/);
    await using plain = new NatsConnection({ servers: address(broker), tls: null });
    await plain.flush();
  });

  it("is used again after the connection was lost", async () => {
    await using broker = await startBroker({ config: config() });
    await using nats = new NatsConnection({
      servers: address(broker),
      tls: { caFile },
      reconnectWait: 20,
      onError: () => {},
    });
    await nats.flush();
    await broker.restart("SIGKILL");
    await exercise(nats);
  });

  it.each([
    [{ tls: {} }, "nats"],
    [{}, "tls"],
  ])("is rejected if the server does not support it: %j", async (options, scheme) => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({
      servers: `${scheme}://127.0.0.1:${broker.port}`,
      ...options,
    });
    await expect(nats.connect()).rejects.toThrow("does not support TLS");
  });

  it("names a file that cannot be read", async () => {
    await using broker = await startBroker({ config: config() });
    await using nats = new NatsConnection({
      servers: address(broker),
      tls: { caFile: join(folder, "absent.pem") },
    });
    const connecting = nats.connect();
    await expect(connecting).rejects.toThrow('absent.pem ("tls.caFile") cannot be read');
    await expect(connecting).rejects.toMatchObject({ cause: expect.any(InvalidArgumentError) });
  });
});
