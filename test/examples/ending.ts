import { NatsConnection } from "alternats";
import { ensureStreams } from "alternats/jetstream";
import { expect } from "vitest";
import { rustEvents } from "../../examples/rust-server/sdk/streams.ts";
import { type Broker, startBroker } from "../support/broker.js";
import { within } from "../support/settled.js";
import { Run } from "./run.js";

/** Milliseconds from SIGTERM to the end. */
const LONGEST_END = 10_000;
/** Milliseconds that a program may take to begin, with its database. */
export const START = 60_000;
/** An address where no server is. */
export const NOWHERE = "nats://127.0.0.1:1";

/** Programs that use a broker, their arguments, and what they print when they are at work. */
export const PROGRAMS = [
  ["game-server.js", ["eu-1"], " is up"],
  ["admin.js", ["eu-1"], undefined],
  ["notifier.js", [], undefined],
  ["history.js", [], "the history is served on"],
  ["../../gateway/dist/gateway.js", [], "gateway on ws:"],
  ["../../gateway/dist/game-loop.js", [], undefined],
] as const;

/** Programs that need none, or bring their own. */
export const ALONE = [
  ["viewer.js", ["eu-1"], "the viewer is on http"],
  ["demo.js", ["--stay"], "game server: sent"],
  ["kill-test.js", ["100000", "30"], "appending 100000 events"],
  ["../../gateway/dist/load-test.js", ["20", "60"], "20 players in 1 rooms"],
] as const;

/** Starts a program. */
export function begin(script: string, args: readonly string[], url: string): Run {
  return new Run(script, args, { NATS_URL: url, PORT: "0", PAUSE: "20" });
}

/** Resolves when a program is at work. */
export async function ready(program: Run, broker: Broker, words: string | undefined) {
  if (words !== undefined) return within(START, program.prints(words), "the program's start");
  // Those that print nothing have begun when they have connected.
  const connections = async () => {
    const response = await fetch(`${broker.monitoringUrl}/varz`);
    const state = (await response.json()) as { total_connections: number };
    return state.total_connections;
  };
  await expect.poll(connections, { timeout: START }).toBeGreaterThan(0);
}

/** Starts a server with the streams of the examples. */
export async function startServer(): Promise<Broker> {
  const broker = await startBroker({ jetStream: true, monitoring: true });
  await using nats = new NatsConnection({ servers: broker.url });
  await ensureStreams(nats, [rustEvents]);
  await nats.close();
  // Its count of connections begins again.
  await broker.restart();
  return broker;
}

/** Sends SIGTERM. @returns The exit code. */
export async function ended(program: Run): Promise<number | null> {
  program.process.kill("SIGTERM");
  const code = await within(
    LONGEST_END,
    program.ended,
    `the end after SIGTERM (${program.output})`,
  );
  // The last resort is for a database that does not answer.
  expect(program.output).not.toContain("did not end in time");
  return code;
}
