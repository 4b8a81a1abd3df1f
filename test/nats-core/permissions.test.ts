import { Empty, errors, type NatsConnection } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { all, bothConnects, described, rejection, StatusLog } from "./support.js";

describe.each(bothConnects)("%s", (_side, connect) => {
  describe("permissions", () => {
    const config = `authorization { users: [ { user: u, password: p, permissions: {
      publish: { deny: ["no.>"] }, subscribe: { deny: ["no.>", "_DENIED.>"] } } } ] }`;
    const login = { user: "u", pass: "p" };

    it("end a denied subscription with the error, and the connection stays open", async () => {
      await using broker = await startBroker({ config });
      const nc = await connect({ servers: broker.url, ...login });
      const status = new StatusLog(nc);
      const looped = nc.subscribe("no.loop");
      const rejected = await all(looped).catch((error: unknown) => error);
      expect(rejected).toBeInstanceOf(errors.PermissionViolationError);
      expect(rejected).toMatchObject({ operation: "subscription", subject: "no.loop" });
      expect((rejected as Error).message).toContain(
        'Permissions Violation for Subscription to "no.loop"',
      );
      expect(await looped.closed).toBe(rejected);
      const called = await new Promise((resolve) => {
        nc.subscribe("no.call", { queue: "q", callback: (error) => resolve(error) });
      });
      expect(called).toMatchObject({ operation: "subscription", subject: "no.call", queue: "q" });
      expect((await status.until("error", 2)).error).toBeInstanceOf(
        errors.PermissionViolationError,
      );
      await nc.flush();
      await nc.close();
    });

    it("report a denied message, and reject its request", async () => {
      await using broker = await startBroker({ config });
      const nc = await connect({ servers: broker.url, ...login });
      const status = new StatusLog(nc);
      const kept = nc.subscribe("yes", { max: 1 });
      nc.publish("no.publish");
      expect((await status.until("error")).error).toMatchObject({
        operation: "publish",
        subject: "no.publish",
      });
      for (const options of [{ timeout: 5_000 }, { timeout: 5_000, noMux: true }]) {
        const error = await nc
          .request("no.request", Empty, options)
          .catch((cause: unknown) => cause);
        expect(described(error)).toMatch(
          /^RequestError: Permissions Violation for Publish to "no.request" <- PermissionViolationError$/,
        );
      }
      const many = await nc.requestMany("no.many", Empty, { maxWait: 5_000 });
      expect(await rejection(all(many))).toMatch(/^PermissionViolationError: /);
      nc.publish("yes");
      expect(await all(kept)).toHaveLength(1);
      await nc.close();
    });

    it("reject all requests if the inbox is denied", async () => {
      await using broker = await startBroker({ config });
      const peer: NatsConnection = await connect({ servers: broker.url, ...login });
      peer.subscribe("asked", { callback: () => {} });
      await peer.flush();
      const nc = await connect({ servers: broker.url, ...login, inboxPrefix: "_DENIED" });
      const asked = [1, 2].map(() =>
        nc.request("asked", Empty, { timeout: 5_000 }).catch((cause: unknown) => cause),
      );
      for (const error of await Promise.all(asked)) {
        expect(described(error)).toMatch(
          /^RequestError: Permissions Violation for Subscription to "_DENIED.* <- PermissionViolationError$/,
        );
      }
      await nc.close();
      await peer.close();
    });
  });
});
