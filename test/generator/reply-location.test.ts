import { type Msg, headers as natsHeaders } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import {
  requestPingRequest as requestPing,
  respondPingRequest as respondPing,
} from "../fixtures/generator/reply-location/sdk/index.js";
import { startBothSides } from "../support/both-sides.js";

describe("a reply address within the request (AsyncAPI 3.0, Operation Reply Address Object)", () => {
  it("is where the responder replies to a request without another one", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    let fails = false;
    await respondPing(
      ours,
      () => {
        if (fails) throw new Error("broken\nby an accident");
        return { event: "pong" };
      },
      { onError: () => {} },
    );
    const replies = theirs.subscribe("my.place", { max: 2 });
    const headers = natsHeaders();
    headers.set("replyTo", "my.place");
    theirs.publish("ping", '{"event":"ping"}', { headers });
    const received: Msg[] = [];
    for await (const message of replies) {
      received.push(message);
      fails = true;
      theirs.publish("ping", '{"event":"ping"}', { headers });
    }
    const [reply, failure] = received;
    expect(reply?.string()).toBe('{"event":"pong"}');
    // A failure is told in the same place (ADR-32).
    expect(failure?.headers?.get("Nats-Service-Error")).toBe("broken by an accident");
    // NATS' own reply subject comes first.
    fails = false;
    const own = await theirs.request("ping", '{"event":"ping"}', { headers, timeout: 10_000 });
    expect(own.string()).toBe('{"event":"pong"}');
  });

  it("is filled in by the requester, who hears the reply on either address", async () => {
    await using bench = await startBothSides();
    const { ours, theirs } = bench;
    const answers: ((message: Msg) => void)[] = [
      (message) => theirs.publish(message.headers?.get("replyTo") ?? "", '{"event":"pong"}'),
      (message) => message.respond('{"event":"pong"}'),
    ];
    const heard = theirs.subscribe("ping", {
      callback: (_error, message) => answers.shift()?.(message),
    });
    await theirs.flush();
    for (let n = 0; n < 2; n++) {
      expect(await requestPing(ours, { event: "ping" }, { timeout: 20_000 })).toEqual({
        event: "pong",
      });
    }
    heard.unsubscribe();
    await theirs.flush();
    await expect(requestPing(ours, { event: "ping" })).rejects.toMatchObject({
      code: "NO_RESPONDERS",
    });
    // No subscription stays behind.
    expect(ours.getStats().subscriptions).toBeLessThanOrEqual(1);
  });
});
