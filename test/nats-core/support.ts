import { type NatsConnection, connect as official, type Status } from "@nats-io/transport-node";
import { connect as ours } from "alternats/nats-core";

export type Connect = typeof official;
export type Options = NonNullable<Parameters<Connect>[0]>;

/** The same test body for both: what the official client answers is what ours has to answer. */
export const bothConnects: readonly (readonly [name: string, connect: Connect])[] = [
  ["our connection", ours],
  ["@nats-io/transport-node", official],
];

/** Everything that can be had, once there is no more. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}

/** Description of an error, as a user's program sees it. */
export function described(error: unknown): string {
  const { name, message, cause } = error as Error;
  return `${name}: ${message}${cause instanceof Error ? ` <- ${cause.name}` : ""}`;
}

/** Description of the error that a call throws. */
export function thrown(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return described(error);
  }
  return "nothing";
}

/** Description of the error that a promise rejects with. */
export function rejection(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "nothing", described);
}

/** Collects the status of a connection. */
export class StatusLog {
  readonly all: Status[] = [];
  readonly done: Promise<void>;
  readonly #waiting = new Set<() => void>();

  constructor(nc: NatsConnection) {
    this.done = this.#read(nc.status());
  }

  /** The types, in order. */
  get types(): string[] {
    return this.all.map(({ type }) => type);
  }

  /** @returns Settles with the status of a type, when there are so many of it. */
  async until<T extends Status["type"]>(type: T, count = 1): Promise<Extract<Status, { type: T }>> {
    for (;;) {
      const found = this.all.filter((status) => status.type === type);
      if (found.length >= count) return found[count - 1] as Extract<Status, { type: T }>;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async #read(statuses: AsyncIterable<Status>): Promise<void> {
    for await (const status of statuses) {
      this.all.push(status);
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    }
  }
}
