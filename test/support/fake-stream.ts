import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { type Broker, startBroker } from "./broker.js";

/** Reply of the stream to an append; `undefined` for none. */
export type Answer = object | undefined;

/** A message that was appended. */
export interface Append {
  readonly subject: string;
  readonly id: string;
  /** Number of messages with this id, including this one. */
  readonly times: number;
}

/**
 * Starts a server without JetStream, and in it a stream that answers what a test says: as a cluster on a bad
 * day does.
 *
 * @param subject Subject that the stream stores.
 * @param answer Called for each append.
 * @param names Called for STREAM.NAMES; the stream's name by default, nothing to keep silent.
 */
export async function startFakeStream(
  subject: string,
  answer: (append: Append) => Answer,
  names: () => Answer = () => ({ streams: ["GAME"], total: 1 }),
): Promise<FakeStream> {
  const broker = await startBroker();
  const peer = await connect({ servers: broker.url });
  const stream = new FakeStream(broker, peer);
  const times = new Map<string, number>();
  peer.subscribe(subject, {
    callback: (_, message) => {
      const id = message.headers?.get("Nats-Msg-Id") ?? "";
      const count = (times.get(id) ?? 0) + 1;
      times.set(id, count);
      const append = { subject: message.subject, id, times: count };
      stream.appends.push(append);
      const found = answer(append);
      if (found !== undefined) message.respond(JSON.stringify(found));
    },
  });
  peer.subscribe("$JS.API.STREAM.NAMES", {
    callback: (_, message) => {
      stream.asked++;
      const found = names();
      const type = "io.nats.jetstream.api.v1.stream_names_response";
      if (found !== undefined) message.respond(JSON.stringify({ type, ...found }));
    },
  });
  await peer.flush();
  return stream;
}

/** Made by {@link startFakeStream}. */
export class FakeStream implements AsyncDisposable {
  readonly broker: Broker;
  /** Appended messages, in order. */
  readonly appends: Append[] = [];
  /** Number of requests for the stream of a subject. */
  asked = 0;
  readonly #peer: Peer;

  constructor(broker: Broker, peer: Peer) {
    this.broker = broker;
    this.#peer = peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer.close();
    await this.broker[Symbol.asyncDispose]();
  }
}

/** @returns An error as JetStream answers it. */
export function refusal(errorCode: number, code: number, description: string): object {
  return { error: { code, err_code: errorCode, description } };
}
