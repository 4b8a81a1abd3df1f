import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { NatsConnection } from "alternats";
import { ensureStreams } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { rustEvents } from "../../examples/rust-server/sdk/streams.ts";
import { type Broker, startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";
import { within } from "../support/settled.js";
import { Run } from "./run.js";

await whenBuilt("examples/rust-server");

/** Seconds without a server: longer than one append waits, and two minutes. */
const OUTAGES = [35, 125];

async function lastSequence(broker: Broker): Promise<number> {
  const peer = await connect({ servers: broker.url });
  const manager = await jetstreamManager(peer, { timeout: 10_000 });
  const { state } = await manager.streams.info(rustEvents.config.name!);
  await peer.close();
  return state.last_seq;
}

describe("a game server", () => {
  it.each(OUTAGES)(
    "outlives %i seconds without its broker, and goes on where it was",
    async (seconds) => {
      await using broker = await startBroker({ jetStream: true });
      await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
      await ensureStreams(nats, [rustEvents]);
      const program = new Run("game-server.js", ["eu-1"], {
        NATS_URL: broker.url,
        PAUSE: "100",
      });
      await within(30_000, program.prints(" is up"), "the program's start");
      await expect.poll(() => lastSequence(broker), { timeout: 10_000 }).toBeGreaterThan(10);
      await broker.stop("SIGKILL");
      const over = new Promise((resolve) => setTimeout(resolve, seconds * 1_000, "survived"));
      expect(await Promise.race([over, program.ended]), program.output).toBe("survived");
      await broker.start();
      const before = await lastSequence(broker);
      await expect
        .poll(() => lastSequence(broker), { timeout: 20_000 })
        .toBeGreaterThan(before + 10);
      program.process.kill("SIGTERM");
      expect(await within(10_000, program.ended, "the end")).toBe(0);
    },
    240_000,
  );
});
