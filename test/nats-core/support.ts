import * as official from "@nats-io/transport-node";
import * as ours from "alternats/nats-core";

export type Connect = typeof official.connect;

/** The same test body for both: what the official client answers is what ours has to answer. */
export const bothConnects: readonly (readonly [name: string, connect: Connect])[] = [
  ["our connection", ours.connect],
  ["@nats-io/transport-node", official.connect],
];
