import dns from "node:dns";
import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { ConnectionError, NatsConnection } from "alternats";
import { connect } from "alternats/nats-core";
import { afterEach, describe, expect, it } from "vitest";
import { startFakeServer } from "../support/fake-server.js";
import { rejectionOf } from "../support/settled.js";

/** @returns Ports that nobody listens on. */
async function deadPorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

const lookup = dns.lookup;
afterEach(() => {
  dns.lookup = lookup;
  syncBuiltinESMExports();
});

/** Has a host name lead to addresses, as the system's resolver would. */
function resolveTo(...addresses: readonly string[]): void {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const fake = (_host: string, options: unknown, callback?: unknown) => {
    const answer = (callback ?? options) as (...result: unknown[]) => void;
    const all = typeof options === "object" && (options as { all?: boolean }).all;
    if (all) answer(null, found);
    else answer(null, found[0]!.address, found[0]!.family);
  };
  dns.lookup = Object.assign(fake, { __promisify__: lookup.__promisify__ }) as typeof lookup;
  syncBuiltinESMExports();
}

describe("two servers that are both down", () => {
  it("are one ConnectionError, which names each with its reason", async () => {
    const [first, second] = await deadPorts(2);
    await using nats = new NatsConnection({
      servers: [`nats://127.0.0.1:${first}`, `nats://127.0.0.1:${second}`],
    });
    const error = await rejectionOf(nats.connect());
    expect(error).toBeInstanceOf(ConnectionError);
    for (const port of [first, second]) expect(String(error)).toContain(`127.0.0.1:${port}`);
    expect(String(error).match(/ECONNREFUSED|refused/g)?.length).toBeGreaterThanOrEqual(2);
    expect((error as Error).cause).toBeInstanceOf(AggregateError);
    expect(((error as Error).cause as AggregateError).errors).toHaveLength(2);
  });

  it("are one ConnectionError of the official API too", async () => {
    const [first, second] = await deadPorts(2);
    const servers = [`127.0.0.1:${first}`, `127.0.0.1:${second}`];
    const error = (await rejectionOf(connect({ servers, reconnect: false }))) as Error;
    expect(error.name).toBe("ConnectionError");
    for (const server of servers) expect(error.message).toContain(server);
    expect(error.message).toMatch(/refused/);
  });

  it("are one error also where they fail for different reasons", async () => {
    const [dead] = await deadPorts(1);
    await using odd = await startFakeServer((client) => client.send("hello\r\n"));
    await using nats = new NatsConnection({
      servers: [`nats://127.0.0.1:${dead}`, odd.url],
      noRandomize: true,
    });
    const error = await rejectionOf(nats.connect());
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toMatch(new RegExp(`127\\.0\\.0\\.1:${dead}.*refused`, "i"));
    expect(String(error)).toContain(odd.url.replace("nats://", ""));
  });
});

describe("a host name with two addresses, on neither of which a server listens", () => {
  it.each([
    ["IPv4", "127.0.0.1", "127.0.0.2"],
    ["IPv4 and IPv6", "127.0.0.1", "::1"],
  ])(
    "is a ConnectionError that names each address with its reason (%s)",
    async (_, ...addresses) => {
      const [port] = await deadPorts(1);
      resolveTo(...addresses);
      await using nats = new NatsConnection({ servers: `nats://localhost:${port}` });
      const error = await rejectionOf(nats.connect());
      expect(error).toBeInstanceOf(ConnectionError);
      const { message } = error as Error;
      expect(message).toContain(`localhost:${port}`);
      for (const address of addresses) expect(message).toContain(address);
      expect(message).not.toMatch(/: $/);
      expect(message.match(/E[A-Z]{6,}|refused/g)?.length).toBeGreaterThanOrEqual(2);
    },
  );

  it("is one of the official API too", async () => {
    const [port] = await deadPorts(1);
    resolveTo("127.0.0.1", "::1");
    const servers = `localhost:${port}`;
    const error = (await rejectionOf(connect({ servers, reconnect: false }))) as Error;
    expect(error.name).toBe("ConnectionError");
    for (const address of ["127.0.0.1", "::1"]) expect(error.message).toContain(address);
  });

  it("is named at each attempt to reconnect, too", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      await client.until("PUB leave");
      client.destroy();
    });
    const [port] = await deadPorts(1);
    await using nats = new NatsConnection({ servers: server.url, reconnectWait: 20 });
    await nats.connect();
    nats.setServers(`nats://localhost:${port}`);
    resolveTo("127.0.0.1", "::1");
    const failed = new Promise<Error>((resolve) => {
      nats.on("reconnectFailed", ({ error }) => resolve(error));
    });
    nats.post("leave", 1);
    const { message } = await failed;
    for (const address of ["127.0.0.1", "::1"]) expect(message).toContain(address);
    await nats.close();
  });
});
