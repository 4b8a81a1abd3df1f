import type { LookupAddress } from "node:dns";
import { NatsConnection } from "alternats";
import { describe, expect, it } from "vitest";
import { shuffledLookup } from "../../runtime/src/transport/lookup.ts";
import { startBroker } from "../support/broker.js";

const FOUR = Array.from({ length: 20 }, (_, i) => ({ address: `10.0.0.${i}`, family: 4 }));
const SIX = Array.from({ length: 20 }, (_, i) => ({ address: `fd00::${i}`, family: 6 }));

describe("the addresses of a host name", () => {
  it("are tried in random order, and none is lost", async () => {
    const lookup = shuffledLookup((_host, _options, found) => found(null, [...SIX, ...FOUR]));
    const addresses = await new Promise<LookupAddress[]>((resolve) => {
      lookup("nats", { all: true }, (_, all) => resolve(all as LookupAddress[]));
    });
    // The system's choice between IPv4 and IPv6 stays.
    expect(addresses.slice(0, 20)).toEqual(expect.arrayContaining(SIX));
    expect(addresses.slice(20)).toEqual(expect.arrayContaining(FOUR));
    // By chance once in 20! times.
    expect(addresses.slice(0, 20)).not.toEqual(SIX);
  });

  it("are one if one is requested", async () => {
    const lookup = shuffledLookup((_host, _options, found) => found(null, FOUR));
    const one = await new Promise((resolve) => {
      lookup("nats", {}, (_, address, family) => resolve({ address, family }));
    });
    expect(FOUR).toContainEqual(one);
  });

  it("that cannot be found lead to an error", async () => {
    const failure = Object.assign(new Error("getaddrinfo ENOTFOUND nats"), { code: "ENOTFOUND" });
    const lookup = shuffledLookup((_host, _options, found) => found(failure, []));
    const error = await new Promise((resolve) => lookup("nats", {}, resolve));
    expect(error).toBe(failure);
  });

  it.each([true, false])("lead to the server, with noRandomize: %s", async (noRandomize) => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: `localhost:${broker.port}`, noRandomize });
    await nats.connect();
    expect(nats.serverInfo!.port).toBe(broker.port);
  });
});
