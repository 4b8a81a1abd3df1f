import { ServiceError, Svcm } from "@nats-io/services";
import { connect as connectPeer, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { bothConnects } from "./support.js";

let broker: Broker;
let peer: NatsConnection;
beforeAll(async () => {
  broker = await startBroker();
  peer = await connectPeer({ servers: broker.url });
});
afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const taken: T[] = [];
  for await (const item of items) taken.push(item);
  return taken;
};

describe.each(bothConnects)("@nats-io/services on %s", (_name, connect) => {
  it("answers, counts, fails with its headers, is found and stops", async () => {
    const nc = await connect({ servers: broker.url });
    const service = await new Svcm(nc).add({ name: "sum", version: "1.0.0", description: "adds" });
    const group = service.addGroup("math");
    group.addEndpoint("sum", (error, message) => {
      if (error) throw error;
      const numbers = message.json<number[]>();
      if (numbers.length === 0) throw new ServiceError(422, "nothing to add");
      message.respond(JSON.stringify(numbers.reduce((a, b) => a + b)));
    });
    await nc.flush();

    expect((await peer.request("math.sum", "[1,2,3]")).json()).toBe(6);
    // And from the same side.
    expect((await nc.request("math.sum", "[4,5]")).json()).toBe(9);
    const refused = await nc.request("math.sum", "[]");
    expect([
      refused.headers?.get("Nats-Service-Error-Code"),
      refused.headers?.get("Nats-Service-Error"),
    ]).toEqual(["422", "nothing to add"]);

    for (const side of [nc, peer]) {
      const client = new Svcm(side).client({ strategy: "stall", maxWait: 1_000 });
      expect(await all(await client.ping("sum"))).toMatchObject([
        { name: "sum", id: service.info().id },
      ]);
      const [stats] = await all(await client.stats("sum"));
      expect(stats?.endpoints).toMatchObject([
        { name: "sum", subject: "math.sum", num_requests: 3, num_errors: 1, queue_group: "q" },
      ]);
      expect(await all(await client.info("sum"))).toMatchObject([{ description: "adds" }]);
    }

    expect(await service.stop()).toBeNull();
    expect(service.isStopped).toBe(true);
    await expect(peer.request("math.sum", "[1]")).rejects.toThrow("no responders: 'math.sum'");
    await nc.close();
  });

  it("shares requests among the instances of a service", async () => {
    const nc = await connect({ servers: broker.url });
    const answered = [0, 0];
    for (const i of [0, 1]) {
      const service = await new Svcm(nc).add({ name: "twice", version: "1.0.0" });
      service.addEndpoint("twice", {
        handler(_error, message) {
          answered[i]!++;
          message.respond(String(i));
        },
      });
    }
    await nc.flush();
    for (let i = 0; i < 50; i++) await peer.request("twice");
    expect(answered[0]! + answered[1]!).toBe(50);
    expect(Math.min(...answered)).toBeGreaterThan(0);
    const client = new Svcm(peer).client();
    expect(await all(await client.ping("twice"))).toHaveLength(2);
    await nc.close();
  });
});
