import { NatsConnection, type NatsError, rawSerializer } from "alternats";
import { describe, expect, it } from "vitest";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

describe("pausing the reading", () => {
  const PAUSING = { maxBuffered: 1, whenFull: "pause", serializer: rawSerializer } as const;

  it("before the end of a new connection's handshake does not affect that connection", async () => {
    const reports: NatsError[] = [];
    await using server = await startFakeServer(async (client) => {
      if (server.clients.length === 1) return client.greet().then(() => client.answerPings());
      client.send(PLAIN_INFO);
      await client.until("PING\r\n");
      // The subscription is in force before the server has read the PING behind it.
      client.send("MSG s 1 1\r\n1\r\nMSG s 1 1\r\n2\r\nPONG\r\nMSG s 1 1\r\n3\r\n");
      await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      reconnectWait: 10,
      reconnectJitter: 0,
      connectTimeout: 500,
      onError: (error) => reports.push(error),
    });
    const messages = nats.messages("s", PAUSING);
    await messages.ready;
    const opened = nextEvent(nats, "opened");
    server.clients[0]!.destroy();
    await opened;
    const got: string[] = [];
    for await (const { value } of messages) {
      if (got.push(Buffer.from(value).toString()) === 3) break;
    }
    expect(got).toEqual(["1", "2", "3"]);
    await nats.flush();
    expect(server.clients).toHaveLength(2);
    expect(reports).toEqual([]);
  });

  it("because of a full queue does not count as a missing PONG", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      pingInterval: 20,
      maxPingOut: 2,
      reconnectWait: 10,
      onError: () => {},
    });
    const messages = nats.messages("s", PAUSING);
    await messages.ready;
    const client = await server.client(1);
    for (let i = 0; i < 9; i++) client.send(`MSG s 1 1\r\n${i}\r\n`);
    // The handshake's, the subscription's, and six that cannot be seen answered.
    await client.until("PING\r\n", 8);
    let got = "";
    for await (const { value } of messages) {
      got += Buffer.from(value).toString();
      if (got.length === 9) break;
    }
    expect(got).toBe("012345678");
    await nats.flush();
    expect(server.clients).toHaveLength(1);
  });
});
