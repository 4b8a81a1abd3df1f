import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { errors, type NatsConnectionImpl } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { all, bothConnects, described, type Options, rejection, StatusLog } from "./support.js";

describe.each(bothConnects)("%s", (_side, connect) => {
  /** Connects, flushes and closes. */
  const connects = async (options: Options): Promise<void> => {
    const nc = await connect(options);
    await nc.flush();
    await nc.close();
  };

  describe("connecting", () => {
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

    it("announces its abilities in CONNECT, and headers if the server supports them", async () => {
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

    it("accepts servers or a port, and reports a port without a server", async () => {
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

    it("connects when INFO comes in pieces, after the PONG", async () => {
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

    it("receives none of its own messages with noEcho, which the server must support", async () => {
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

    it("resolves a host name", async () => {
      await using broker = await startBroker();
      await connects({ servers: `localhost:${broker.port}` });
      expect(await rejection(connect({ servers: "not.a.host.invalid:1" }))).toMatch(
        /invalid|ENOTFOUND|EAI_AGAIN/,
      );
    });

    it("ignores +OK, and continues after a pedantic server's error", async () => {
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

    it("rejects the address of a WebSocket", async () => {
      for (const servers of ["ws://127.0.0.1:1", ["127.0.0.1:1", "wss://127.0.0.1:1"]]) {
        expect(await rejection(connect({ servers }))).toBe(
          "InvalidArgumentError: 'servers' node client doesn't support websockets, use the 'wsconnect' function instead",
        );
      }
    });
  });
});
