import { errors, type ReconnectToServerHandler, type Server } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { all, bothConnects, described, type Options, StatusLog, thrown } from "./support.js";

const quick = { reconnectTimeWait: 10, reconnectJitter: 0, reconnectJitterTLS: 0 };

/** Not what the official client tells of INFO that changes nothing, nor of PINGs. */
const moves = (status: StatusLog) =>
  status.types.filter((type) => type !== "update" && type !== "ping");

describe.each(bothConnects)("%s", (_side, connect) => {
  describe("reconnecting", () => {
    it("is restored at once, with the subscriptions and their remaining counts", async () => {
      await using broker = await startBroker();
      const delays: number[] = [];
      const nc = await connect({
        servers: broker.url,
        reconnectDelayHandler: () => {
          delays.push(delays.length);
          return 10;
        },
      });
      const status = new StatusLog(nc);
      const plain = nc.subscribe("r5", { max: 3 });
      const grouped = nc.subscribe("r5.q", { queue: "q" });
      const name = nc.getServer();
      nc.publish("r5", "1");
      await nc.flush();
      await broker.restart("SIGKILL");
      await status.until("reconnect");
      for (const one of ["2", "3", "4"]) nc.publish("r5", one);
      nc.publish("r5.q", "q");
      await nc.flush();
      expect((await all(plain)).map((m) => m.string())).toEqual(["1", "2", "3"]);
      grouped.unsubscribe();
      expect((await all(grouped)).map((m) => m.string())).toEqual(["q"]);
      expect(moves(status).filter((type) => type !== "reconnecting")).toEqual([
        "disconnect",
        "reconnect",
      ]);
      expect(status.all[0]).toEqual({ type: "disconnect", server: name });
      expect(status.all.at(-1)).toEqual({ type: "reconnect", server: name });
      expect(delays.length).toBeGreaterThan(0);
      await nc.close();
    });

    it("tries a server that many times, then is closed with the reason", async () => {
      const broker = await startBroker();
      const nc = await connect({ servers: broker.url, ...quick });
      const status = new StatusLog(nc);
      await broker[Symbol.asyncDispose]();
      const reason = await nc.closed();
      expect(described(reason)).toMatch(/^ConnectionError: connection refused/);
      expect(reason).toBeInstanceOf(errors.ConnectionError);
      await status.done;
      expect(moves(status)).toEqual(["disconnect", ...Array(10).fill("reconnecting"), "close"]);
    });

    it("ends with the connection without reconnect, and tries nothing", async () => {
      const broker = await startBroker();
      const nc = await connect({ servers: broker.url, reconnect: false });
      const status = new StatusLog(nc);
      await broker[Symbol.asyncDispose]();
      expect(await nc.closed()).toBeUndefined();
      await status.done;
      expect(moves(status)).toEqual(["disconnect", "close"]);
    });

    it("waits for the first connection if requested, and close stops the attempts", async () => {
      const broker = await startBroker();
      await broker.stop();
      const late = connect({
        servers: `127.0.0.1:${broker.port}`,
        ...quick,
        waitOnFirstConnect: true,
      });
      await broker.start();
      const nc = await late;
      const status = new StatusLog(nc);
      await broker[Symbol.asyncDispose]();
      await status.until("reconnecting", 2);
      await nc.close();
      await status.done;
      expect(status.types.at(-1)).toBe("close");
    });

    it("moves to the servers of setServers, at once after reconnect", async () => {
      await using first = await startBroker();
      await using second = await startBroker();
      const nc = await connect({ servers: first.url, ...quick });
      const status = new StatusLog(nc);
      const subscription = nc.subscribe("r8", { max: 1 });
      await nc.flush();
      expect(thrown(() => nc.setServers([]))).toBe(
        "InvalidArgumentError: 'servers' cannot be empty",
      );
      nc.setServers([`127.0.0.1:${second.port}`]);
      expect(nc.getServer()).toBe(`127.0.0.1:${first.port}`);
      await nc.reconnect();
      await status.until("reconnect");
      expect(nc.getServer()).toBe(`127.0.0.1:${second.port}`);
      expect(nc.getServers().map(({ listen }) => listen)).toEqual([`127.0.0.1:${second.port}`]);
      nc.publish("r8");
      expect(await all(subscription)).toHaveLength(1);
      expect(moves(status)).toEqual(["forceReconnect", "disconnect", "reconnecting", "reconnect"]);
      await nc.close();
    });

    it("chooses a server with reconnectToServer, at once, after a delay, or not, and its error ends the connection", async () => {
      await using first = await startBroker();
      await using second = await startBroker();
      const at = (port: number) => `127.0.0.1:${port}`;
      const answers: ((pool: readonly Server[]) => ReturnType<ReconnectToServerHandler>)[] = [
        (pool) => pool.find(({ port }) => port === second.port)!,
        (pool) => ({ server: pool.find(({ port }) => port === first.port)!, delay: 20 }),
        () => null,
        (pool) => ({ ...pool[0]!, listen: "10.0.0.1:4222" }),
      ];
      const nc = await connect({
        servers: [at(first.port), at(second.port)],
        ...quick,
        reconnectToServer: (pool) => answers.shift()!(pool),
      });
      const status = new StatusLog(nc);
      expect(nc.getServer()).toBe(at(second.port));
      await nc.reconnect();
      await status.until("reconnect", 1);
      expect(nc.getServer()).toBe(at(first.port));
      await nc.reconnect();
      await status.until("reconnect", 2);
      await nc.reconnect();
      expect(described(await nc.closed())).toMatch(
        /^ConnectionError: client option reconnectToServer handler failed: returned server is not in the pool/,
      );
      const failing = () => {
        throw new Error("no idea");
      };
      const refused = await connect({ port: first.port, reconnectToServer: failing }).catch(
        described,
      );
      expect(refused).toMatch(
        /^ConnectionError: client option reconnectToServer handler failed: no idea/,
      );
    });

    it("learns of servers and forgets removed ones, unless disabled", async () => {
      const changes = async (options: Options) => {
        const info = (urls: string) =>
          PLAIN_INFO.replace('"proto"', `"connect_urls":[${urls}],"proto"`);
        await using fake = await startFakeServer(async (socket) => {
          await socket.greet();
          await socket.until("PING\r\n", 2);
          socket.send(
            `${info('"10.0.0.1:4222","10.0.0.2:4222"')}${info('"10.0.0.2:4222"')}PONG\r\n`,
          );
        });
        const nc = await connect({ servers: fake.url, ...options });
        const status = new StatusLog(nc);
        await nc.flush();
        const known = nc.getServers().map(({ listen, gossiped }) => `${listen} ${gossiped}`);
        await nc.close();
        await status.done;
        return { all: status.all.filter(({ type }) => type === "update"), known: known.slice(1) };
      };
      const { all: updates, known } = await changes({ noRandomize: true });
      expect(updates).toEqual([
        { type: "update", added: ["10.0.0.1:4222", "10.0.0.2:4222"], deleted: [] },
        { type: "update", added: [], deleted: ["10.0.0.1:4222"] },
      ]);
      expect(known).toEqual(["10.0.0.2:4222 true"]);
      expect(await changes({ ignoreClusterUpdates: true })).toEqual({ all: [], known: [] });
    });
  });

  describe("the server's health", () => {
    it("leaves a server that answers no PING, and answers the server's PINGs", async () => {
      let connections = 0;
      await using fake = await startFakeServer(async (socket) => {
        connections++;
        await socket.greet();
        socket.send("PING\r\n");
        await socket.until("PONG\r\n");
        if (connections > 1) await socket.answerPings();
      });
      const nc = await connect({ servers: fake.url, ...quick, pingInterval: 20, maxPingOut: 2 });
      const status = new StatusLog(nc);
      await status.until("reconnect");
      expect(moves(status)).toEqual(["staleConnection", "disconnect", "reconnecting", "reconnect"]);
      expect(status.types.filter((type) => type === "ping").length).toBeGreaterThanOrEqual(2);
      await nc.close();
    });

    it("reports a server in lame duck mode", async () => {
      await using fake = await startFakeServer(async (socket) => {
        await socket.greet();
        await socket.until("PING\r\n", 2);
        socket.send(PLAIN_INFO.replace('"proto"', '"ldm":true,"proto"'));
        await socket.answerPings();
      });
      const nc = await connect({ servers: fake.url });
      const status = new StatusLog(nc);
      await nc.flush();
      expect(await status.until("ldm")).toEqual({ type: "ldm", server: nc.getServer() });
      await nc.close();
    });
  });
});
