import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { makeAuthority, makeCertificate, writeCertificate } from "../support/certificates.js";
import { bothConnects, rejection, StatusLog } from "./support.js";

const [ours, official] = bothConnects.map(([, connect]) => connect);

/** @returns A port on which nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

describe("a server that is down at the first connection", () => {
  it.each([
    ["stays in our pool, and is used when the other one is gone", ours!, true],
    ["leaves the official client's pool", official!, false],
  ] as const)("%s", async (_, connect, stays) => {
    await using late = await startBroker();
    await late.stop();
    await using broker = await startBroker();
    const servers = [`127.0.0.1:${await deadPort()}`, `127.0.0.1:${late.port}`];
    const nc = await connect({
      servers: [...servers, `127.0.0.1:${broker.port}`],
      noRandomize: true,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
    });
    const known = nc.getServers().map(({ listen }) => listen);
    expect(known).toEqual([...(stays ? servers : []), `127.0.0.1:${broker.port}`]);
    const status = new StatusLog(nc);
    await late.start();
    await broker.stop("SIGKILL");
    if (stays) {
      await status.until("reconnect");
      expect(nc.getServer()).toBe(servers[1]);
    }
    await nc.close();
  });
});

describe("the certificate of a server with an IP address", () => {
  let folder: string;
  let caFile: string;
  let config: (name: string) => string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "alternats-nats-core-"));
    const authority = await makeAuthority();
    caFile = (await writeCertificate(folder, "authority", authority)).certFile;
    await writeCertificate(
      folder,
      "localhost",
      await makeCertificate(authority, "localhost", { addresses: [] }),
    );
    await writeCertificate(folder, "address", await makeCertificate(authority, "example.invalid"));
    config = (name) =>
      `tls { cert_file: "${join(folder, `${name}.pem`)}", key_file: "${join(folder, `${name}-key.pem`)}", timeout: 5 }`;
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ["of the address: ours accepts it, the official client does not", "address", ours!, official!],
    ["of localhost: the official client accepts it, ours does not", "localhost", official!, ours!],
  ] as const)("%s", async (_, name, accepting, refusing) => {
    await using broker = await startBroker({ config: config(name) });
    const options = { servers: `127.0.0.1:${broker.port}`, tls: { caFile } };
    const nc = await accepting(options);
    await nc.flush();
    await nc.close();
    expect(await rejection(refusing(options))).toMatch(/altnames/);
  });
});

it.each([
  ["the page", "docs/nats-core.md"],
  ["the entry's documentation", "runtime/src/nats-core/index.ts"],
])("both differences stand in %s", async (_, file) => {
  const text = await readFile(join(import.meta.dirname, "../..", file), "utf8");
  expect(text).toMatch(/down at the first connection/);
  expect(text).toMatch(/certificate[^.|]*address/);
});
