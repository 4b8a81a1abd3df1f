import { AuthorizationError, NatsConnection } from "alternats";
import { describe, expect, it } from "vitest";
import { type FakeClient, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";
import { rejectionOf, within } from "../support/settled.js";

const FAST = { reconnectWait: 20, reconnectWaitMax: 20, reconnectJitter: 0, onError: () => {} };
const INFO = PLAIN_INFO.replace("{", '{"auth_required":true,');

/** Refuses a client after its CONNECT. */
async function refuse(client: FakeClient, text: string): Promise<void> {
  client.send(INFO);
  await client.until("CONNECT");
  client.send(`-ERR '${text}'\r\n`);
  client.end();
}

describe('a server that says "Authentication Timeout"', () => {
  it.each(["Authentication Timeout", "authentication timeout"])(
    "three times in a row is tried again, and used when it has time (%s)",
    async (text) => {
      let came = 0;
      await using server = await startFakeServer(async (client) => {
        came++;
        if (came >= 2 && came <= 4) return refuse(client, text);
        await client.greet(INFO);
        void client.answerPings();
        await client.until("PUB leave");
        client.destroy();
      });
      await using nats = new NatsConnection({
        servers: server.url,
        authenticator: { user: "app", pass: "app" },
        ...FAST,
      });
      const failures: Error[] = [];
      nats.on("reconnectFailed", ({ error }) => void failures.push(error));
      await nats.connect();
      const opened = nextEvent(nats, "opened");
      nats.post("leave", 1);
      expect(await within(5_000, opened, "the next connection")).toMatchObject({
        reconnected: true,
      });
      expect(came).toBe(5);
      for (const failure of failures) {
        expect(failure).not.toBeInstanceOf(AuthorizationError);
        expect(failure.message).toMatch(/authentication timeout/i);
        expect(failure.message).not.toContain("refused the credentials");
      }
    },
  );

  it("to the first connection did not refuse the credentials", async () => {
    await using server = await startFakeServer((client) =>
      refuse(client, "Authentication Timeout"),
    );
    await using nats = new NatsConnection({ servers: server.url, ...FAST });
    const error = await rejectionOf(nats.connect());
    expect(error).toMatchObject({ code: "CONNECTION" });
    expect(String(error)).toMatch(/authentication timeout/i);
    expect(String(error)).not.toContain("refused the credentials");
  });

  it("to an open connection leads to another one, however often", async () => {
    let came = 0;
    await using server = await startFakeServer(async (client) => {
      await client.greet(INFO);
      if (++came < 4) {
        client.send("-ERR 'Authentication Timeout'\r\n");
        client.end();
        return;
      }
      void client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url, ...FAST });
    const ended = nats.closed();
    await nats.connect();
    await expect.poll(() => came, { timeout: 5_000 }).toBe(4);
    await nats.flush();
    expect(await Promise.race([ended, Promise.resolve("open")])).toBe("open");
  });
});

describe("a server that refuses the credentials", () => {
  it.each([
    "Authorization Violation",
    "User Authentication Expired",
    "User Authentication Revoked",
    "Account Authentication Expired",
  ])("twice in a row ends the connection, with any of four texts (%s)", async (text) => {
    let came = 0;
    await using server = await startFakeServer(async (client) => {
      if (++came > 1) return refuse(client, text);
      await client.greet(INFO);
      client.destroy();
    });
    await using nats = new NatsConnection({ servers: server.url, ...FAST });
    await nats.connect();
    expect(await within(5_000, nats.closed(), "closed()")).toBeInstanceOf(AuthorizationError);
    expect(came).toBe(3);
  });
});
