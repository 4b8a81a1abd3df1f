import { NatsConnection } from "alternats";
import { expect } from "vitest";
import { startBroker } from "./broker.js";
import { within } from "./settled.js";

export const CLIENTS = 200;
/** Milliseconds from the server's return to the last client's; 1,000 on a quiet machine, see {@link Lateness}. */
const BACK = 1_500;

/** Connections with default options. Until the end of the scope. */
export class ReconnectingClients implements AsyncDisposable {
  readonly all: readonly NatsConnection[];
  /** Times at which each connection dialled again, in milliseconds. */
  readonly dials = new Map<NatsConnection, number[]>();

  constructor(servers: string) {
    this.all = Array.from({ length: CLIENTS }, () => {
      const nats = new NatsConnection({ servers, onError: () => {} });
      const times: number[] = [];
      this.dials.set(nats, times);
      nats.on("reconnecting", () => times.push(performance.now()));
      return nats;
    });
  }

  /** @returns Settles when all are open. */
  async connect(): Promise<void> {
    // A few at a time: the server is given no more than it can greet within connectTimeout.
    for (let i = 0; i < this.all.length; i += 20) {
      await Promise.all(this.all.slice(i, i + 20).map((nats) => nats.connect()));
    }
  }

  /** @returns Settles when each of them has had an event. */
  async every(name: "disconnected" | "opened"): Promise<void> {
    await Promise.all(
      this.all.map((nats) => new Promise<void>((resolve) => nats.on(name, () => resolve()))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((nats) => nats.close()));
  }
}

/**
 * Time that this process has waited for a processor, as timers of 10 ms see it: on a busy machine everything takes
 * longer. Until the end of the scope.
 */
export class Lateness implements Disposable {
  #last = performance.now();
  /** Milliseconds by which the timers were late, altogether. */
  total = 0;
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.total += Math.max(0, now - this.#last - 12);
    this.#last = now;
  }, 10);

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** @returns The most of some times that lie within as many milliseconds. */
export function mostWithin(milliseconds: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [i, time] of sorted.entries()) {
    while (time - sorted[first]! >= milliseconds) first++;
    most = Math.max(most, i - first + 1);
  }
  return most;
}

export const rest = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Takes the server away from all connections for a while, and expects them back in time and without a rush.
 *
 * @param seconds Time without the server.
 */
export async function outage(seconds: number): Promise<void> {
  await using broker = await startBroker();
  await using clients = new ReconnectingClients(broker.url);
  await clients.connect();
  const lost = clients.every("disconnected");
  await broker.stop("SIGKILL");
  await lost;
  // The first attempt is made at once: its crowd is that of the loss.
  const gone = performance.now();
  await rest(seconds * 1_000);
  const back = clients.every("opened");
  await broker.start();
  const started = performance.now();
  using lateness = new Lateness();
  await within(30_000, back, "the last connection");
  const took = performance.now() - started;

  // The server waits for a processor as this process does.
  expect.soft(took).toBeLessThanOrEqual(BACK + 2 * lateness.total);
  const all = [...clients.dials.values()];
  expect.soft(Math.max(...all.map((times) => mostWithin(1_000, times)))).toBeLessThanOrEqual(2);
  const later = all.flat().filter((time) => time > gone + 200);
  expect.soft(mostWithin(50, later)).toBeLessThanOrEqual(later.length / 5);
}
