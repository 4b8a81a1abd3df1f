import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection } from "alternats";
import { startBroker } from "./broker.js";

/** A server, a connection of ours, and the official client on the other side; closed at the end of the scope. */
export interface BothSides extends AsyncDisposable {
  readonly ours: NatsConnection;
  readonly theirs: Peer;
}

/** Starts the server, and connects both. */
export async function startBothSides(): Promise<BothSides> {
  const broker = await startBroker();
  const ours = new NatsConnection({ servers: broker.url });
  const theirs = await connect({ servers: broker.url });
  return {
    ours,
    theirs,
    async [Symbol.asyncDispose]() {
      await theirs.close();
      await ours[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
}
