import { ConnectionError, NatsConnection } from "alternats";
import { describe, expect, it } from "vitest";
import { type FakeClient, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";

describe("plaintext is not trusted if TLS is required", () => {
  const TLS_INFO = PLAIN_INFO.replace('"headers"', '"tls_required":true,"headers"');
  const FORGED = 'MSG admin.ban 1 8\r\n"forged"\r\n';
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const scripts: [where: string, script: (client: FakeClient) => unknown][] = [
    ["a message behind INFO", (client) => client.send(TLS_INFO + FORGED)],
    ["a message before INFO", (client) => client.send(FORGED + TLS_INFO)],
    ["a PONG behind INFO", (client) => client.send(`${TLS_INFO}PONG\r\n${FORGED}`)],
    ["a PONG before INFO", (client) => client.send(`PONG\r\n${FORGED}${TLS_INFO}`)],
    ["another INFO", (client) => client.send(`${TLS_INFO}${PLAIN_INFO}PONG\r\n${FORGED}`)],
    ["the beginning of a line behind INFO", (client) => client.send(`${TLS_INFO}MSG`)],
    ...[0, 1, 2, 3, 5, 8].map((turns): [string, (client: FakeClient) => unknown] => [
      `a message ${turns} turns behind INFO`,
      async (client) => {
        client.send(TLS_INFO);
        for (let i = 0; i < turns; i++) await turn();
        client.send(`PONG\r\n${FORGED}`);
      },
    ]),
    [
      "a message after the client's hello",
      async (client) => {
        client.send(TLS_INFO);
        await client.until("\x16\x03");
        client.send(`PONG\r\n${FORGED}`);
      },
    ],
  ];

  it.each(scripts)("%s", async (_, script) => {
    await using server = await startFakeServer((client) => void script(client));
    for (const options of [{ tls: {} }, {}, { tls: { handshakeFirst: true } }]) {
      await using nats = new NatsConnection({ servers: server.url, onError: () => {}, ...options });
      const got: unknown[] = [];
      let opened = false;
      nats.on("opened", () => {
        opened = true;
      });
      const subscribing = nats.subscribe("admin.ban", (value) => void got.push(value));
      await expect(subscribing).rejects.toThrow(ConnectionError);
      expect(got).toEqual([]);
      expect(opened).toBe(false);
      for (const { received } of server.clients) expect(received).not.toContain("CONNECT");
    }
  });
});
