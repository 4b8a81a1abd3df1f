import { headers, type MsgHdrs, setTransportFactory } from "@nats-io/transport-node";
import { describe, expect, it, vi } from "vitest";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { broker, peer, useBroker } from "./both-sides.js";
import {
  all,
  bothConnects,
  described,
  type Options,
  rejection,
  StatusLog,
  thrown,
} from "./support.js";

const quick = { reconnectTimeWait: 10, reconnectJitter: 0, reconnectJitterTLS: 0 };

useBroker();

describe("our connection, if the official one fails", () => {
  const [, connect] = bothConnects[0]!;
  /** Connects, flushes and closes. */
  const connects = async (options: Options): Promise<void> => {
    const nc = await connect(options);
    await nc.flush();
    await nc.close();
  };

  it("rejects a queue group with white space, for which the server ends the connection", async () => {
    const nc = await connect({ servers: broker.url });
    for (const queue of ["a b", "a\r\nPING", "\t"]) {
      expect(thrown(() => nc.subscribe("s2", { queue }))).toMatch(/^InvalidArgumentError: 'queue'/);
    }
    await nc.flush();
    await nc.close();
  });

  it("delivers at close messages published before", async () => {
    const subscription = peer.subscribe("d4", { max: 1_000 });
    await peer.flush();
    const nc = await connect({ servers: broker.url });
    for (let i = 0; i < 1_000; i++) nc.publish("d4", String(i));
    await nc.close();
    expect((await all(subscription)).at(-1)!.string()).toBe("999");
  });

  it("reports a callback that throws or rejects in the status, and continues", async () => {
    const nc = await connect({ servers: broker.url });
    const status = new StatusLog(nc);
    const got: string[] = [];
    nc.subscribe("d5", {
      callback(_, m) {
        got.push(m.string());
        if (m.string() === "1") throw new Error("thrown");
        if (m.string() === "2") return Promise.reject(new Error("rejected"));
        return undefined;
      },
    });
    for (const text of ["1", "2", "3"]) nc.publish("d5", text);
    await nc.flush();
    await status.until("error", 2);
    expect(got).toEqual(["1", "2", "3"]);
    const told = status.all.map((one) => (one.type === "error" ? one.error.message : one.type));
    expect(told).toEqual(["thrown", "rejected"]);
    await nc.close();
  });

  it("prints a callback's error if no status is read", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const nc = await connect({ servers: broker.url });
    nc.subscribe("d5", {
      callback() {
        throw new Error("thrown");
      },
    });
    nc.publish("d5");
    await nc.flush();
    await nc.close();
    expect(printed.mock.calls.map(([error]) => described(error))).toEqual([
      'HandlerError: The handler of "d5" failed: thrown <- Error',
    ]);
    printed.mockRestore();
  });

  it("ends the status of a closed connection", async () => {
    const nc = await connect({ servers: broker.url });
    await nc.close();
    expect(await all(nc.status())).toEqual([]);
  });

  it("rejects subjects that are too long, for which the server ends the connection", async () => {
    const nc = await connect({ servers: broker.url });
    const long = `a.*.${"x".repeat(5_000)}`;
    for (const subject of [long, long.replace("*", "b")]) {
      expect(thrown(() => nc.publish(subject))).toMatch(/^InvalidSubjectError/);
      expect(thrown(() => nc.subscribe(subject))).toMatch(/^InvalidSubjectError/);
      expect(await rejection(nc.request(subject))).toMatch(/^InvalidSubjectError/);
    }
    await nc.flush();
    await nc.close();
  });

  it("rejects invalid headers, which would be sent unchanged", async () => {
    const nc = await connect({ servers: broker.url });
    const got: string[] = [];
    nc.subscribe("h1.*", { callback: (_, message) => void got.push(message.string()) });
    for (const wrong of [5, "A: b", { A: "b" }]) {
      const options = { headers: wrong as unknown as MsgHdrs };
      const refused = /^InvalidArgumentError: 'headers'/;
      expect(thrown(() => nc.publish("h1.x", "bad", options))).toMatch(refused);
      expect(thrown(() => nc.publish("h1.*", "bad", options))).toMatch(refused);
      await expect(nc.request("h1.x", "bad", { timeout: 500, ...options })).rejects.toThrow(
        "'headers'",
      );
    }
    nc.publish("h1.x", "good", { headers: headers(503, "Gone") });
    await nc.flush();
    expect(got).toEqual(["good"]);
    await nc.close();
  });

  it("rejects headers if the server does not support them", async () => {
    const info = PLAIN_INFO.replace('"headers":true', '"headers":false');
    await using server = await startFakeServer(async (client) => {
      await client.greet(info);
      await client.answerPings();
    });
    const nc = await connect({ servers: server.url });
    const h = headers();
    h.set("k", "v");
    expect(thrown(() => nc.publish("h3", "x", { headers: h }))).toBe(
      "InvalidArgumentError: 'headers' are not available on this server",
    );
    expect(thrown(() => nc.publish("h3.*", "x", { headers: h }))).toMatch(/^InvalidArgumentError/);
    await nc.close();
  });

  it("waits for an asynchronous authenticator, which the official client does not", async () => {
    await using broker = await startBroker({ config: "authorization { token: t0 }" });
    const authenticator = (async () => ({ auth_token: "t0" })) as unknown as () => {
      auth_token: string;
    };
    await connects({ servers: broker.url, authenticator });
  });

  it("keeps its transport if the process sets another transport factory", async () => {
    await using broker = await startBroker();
    const nc = await connect({ servers: broker.url, ...quick });
    const factory = () => {
      throw new Error("another transport");
    };
    setTransportFactory({ factory, defaultPort: 1 });
    const status = new StatusLog(nc);
    await nc.reconnect();
    await status.until("reconnect");
    await nc.close();
    await connects({ servers: broker.url });
  });

  it("keeps messages published while the server is away, in order", async () => {
    await using broker = await startBroker();
    const nc = await connect({ servers: broker.url, ...quick });
    const status = new StatusLog(nc);
    const subscription = nc.subscribe("r6", { max: 10 });
    await nc.flush();
    await broker.stop("SIGKILL");
    await status.until("disconnect");
    for (let i = 0; i < 10; i++) nc.publish("r6", String(i));
    await broker.start();
    expect((await all(subscription)).map((m) => m.string()).join("")).toBe("0123456789");
    await nc.close();
  });

  it("rejects more than maxPendingBytes with PendingLimitError", async () => {
    await using broker = await startBroker();
    const limited: Options = { servers: broker.url, ...quick, ...{ maxPendingBytes: 1_000_000 } };
    const nc = await connect(limited);
    await broker.pause();
    const bytes = new Uint8Array(100_000);
    expect(
      thrown(() => {
        for (let i = 0; i < 200; i++) nc.publish("full", bytes);
      }),
    ).toMatch(/^PendingLimitError: /);
    broker.resume();
    await nc.close();
  });
});
