import type { NatsConnection, NatsEvents } from "alternats";

/** @returns Settles with the next event of that name. */
export function nextEvent<N extends keyof NatsEvents>(
  nats: NatsConnection,
  name: N,
): Promise<NatsEvents[N]> {
  return new Promise((resolve) => {
    const listener = (event: NatsEvents[N]) => {
      nats.off(name, listener);
      resolve(event);
    };
    nats.on(name, listener);
  });
}
