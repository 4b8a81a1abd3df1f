import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthorizationError, NatsConnection, type NatsError } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  writeCertificate,
} from "../support/certificates.js";
import { Ledger } from "../support/ledger.js";
import { nextEvent } from "../support/next-event.js";

let folder: string;
let authority: Certificate;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-faults-"));
  authority = await makeAuthority();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("an expired certificate", () => {
  it.each(["tls", "wss"])(
    "is reported when connecting, and a lost connection waits for a valid one (%s)",
    async (scheme) => {
      const good = await makeCertificate(authority, "localhost");
      const expired = await makeCertificate(authority, "localhost", { expired: true });
      const { certFile, keyFile } = await writeCertificate(folder, scheme, good);
      const tls = `tls { cert_file: "${certFile}", key_file: "${keyFile}", timeout: 5 }`;
      await using broker = await startBroker({
        config: scheme === "tls" ? tls : `websocket { listen: "127.0.0.1:-1", ${tls} }`,
      });
      const url = () => (scheme === "tls" ? `tls://127.0.0.1:${broker.port}` : broker.websocketUrl);
      const options = { tls: { ca: authority.cert }, onError: () => {} };
      await using nats = new NatsConnection({ servers: url(), ...options });
      const ledger = new Ledger();
      await nats.subscribe<number>("certificate", ledger.receive);

      await writeCertificate(folder, scheme, expired);
      // Attempts before the server is back fail for other reasons.
      const refused = new Promise<void>((resolve) => {
        nats.on("reconnectFailed", ({ error }) => {
          if (error.message.includes("certificate has expired")) resolve();
        });
      });
      await broker.restart("SIGKILL");
      if (scheme === "wss") nats.setServers(url());
      for (let i = 0; i < 1_000; i++) nats.post("certificate", ledger.next());
      await refused;
      await using another = new NatsConnection({ servers: url(), ...options });
      const connecting = another.connect();
      await expect(connecting).rejects.toMatchObject({ code: "CONNECTION" });
      await expect(connecting).rejects.toThrow("certificate has expired");

      await writeCertificate(folder, scheme, good);
      const opened = nextEvent(nats, "opened");
      await broker.restart("SIGKILL");
      if (scheme === "wss") nats.setServers(url());
      await opened;
      await nats.flush();
      await nats.flush();
      expect(ledger.received).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
      await another.close();
    },
  );
});

describe("a password changed while clients are connected", () => {
  const config = (pass: string) => `authorization { user: app, password: "${pass}" }`;

  it("ends a connection that has only the old one, and rejects its pending operations", async () => {
    await using broker = await startBroker({ config: config("old") });
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      authenticator: { user: "app", pass: "old" },
      onError: (error) => void errors.push(error),
    });
    const messages = nats.messages("password");
    const loop = (async () => {
      for await (const _ of messages) expect.fail("nobody publishes");
    })();
    await nats.flush();
    const lost = nextEvent(nats, "disconnected");
    await broker.reload(config("new"));
    await lost;
    const waiting = [nats.request("password.ask"), nats.flush()].map((promise) =>
      promise.catch((error: unknown) => error),
    );
    for (let i = 0; i < 100; i++) nats.post("password.gone", i);
    expect(await nats.closed()).toBeInstanceOf(AuthorizationError);
    for (const error of await Promise.all(waiting))
      expect(error).toBeInstanceOf(AuthorizationError);
    await expect(loop).rejects.toThrow(AuthorizationError);
    // The request counts as a message too, but its own call has told its loss.
    expect(nats.getStats().dropped).toBe(101);
    expect(errors.filter(({ code }) => code === "MESSAGES_DROPPED")).toMatchObject([
      { count: 100 },
    ]);
    expect(() => nats.post("password", 1)).toThrow("closed");
    for (const error of errors) expect(`${error.stack}`).not.toMatch(/"?old"?\b.*app/);
  });

  it("has no effect if an authenticator function supplies it", async () => {
    await using broker = await startBroker({ config: config("old") });
    let pass = "old";
    await using nats = new NatsConnection({
      servers: broker.url,
      authenticator: async () => ({ user: "app", pass }),
      onError: () => {},
    });
    const ledger = new Ledger();
    await nats.subscribe<number>("asked", ledger.receive);
    const lost = nextEvent(nats, "disconnected");
    const opened = nextEvent(nats, "opened");
    pass = "new";
    await broker.reload(config("new"));
    await lost;
    for (let i = 0; i < 1_000; i++) nats.post("asked", ledger.next());
    expect((await opened).inDoubt).toBe(0);
    await nats.flush();
    await nats.flush();
    expect(ledger.received).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });
});
