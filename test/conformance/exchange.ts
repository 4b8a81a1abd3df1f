import { isDeepStrictEqual } from "node:util";
import { decode, encode } from "@msgpack/msgpack";
import {
  type Msg,
  type MsgHdrs,
  headers as natsHeaders,
  type NatsConnection as Peer,
} from "@nats-io/transport-node";
import type { NatsConnection, Subscription } from "alternats";
import {
  anyOf,
  type Functions,
  type Params,
  paramsOf,
  place,
  sent,
  subjectOf,
} from "../generator/support/calls.js";
import type { Channel, MessageCase, Sdk } from "../generator/support/corpus-messages.js";
import type { Sample } from "./samples.js";
import type { Encoding } from "./sdks.js";

/** Counts of exchanges, and what went wrong. */
export interface Tally {
  /** Messages of senders that know nothing of the SDK, by the way in which they arrived. */
  named: number;
  unnamed: number;
  lost: number;
  /** Requests that several operations may mean: their requester gets an error. */
  ambiguous: number;
  /** Messages that the SDK sent, and the other client read. */
  sent: number;
  /** Mutated messages that did not arrive. */
  refused: number;
  readonly problems: string[];
}

export function emptyTally(): Tally {
  return { named: 0, unnamed: 0, lost: 0, ambiguous: 0, sent: 0, refused: 0, problems: [] };
}

/** Header that numbers the messages of a test; the SDK knows nothing of it. */
const NUMBER = "Sample";

const parsers = {
  json: (data: Uint8Array) => JSON.parse(new TextDecoder().decode(data)),
  msgpack: (data: Uint8Array) => decode(data),
};
const writers = {
  json: (value: unknown) => new TextEncoder().encode(JSON.stringify(value)),
  msgpack: (value: unknown) => encode(value),
};

/** Exchanges the messages of one SDK with the official client, which knows nothing of the SDK. */
export class Exchange {
  readonly #ours: NatsConnection;
  readonly #theirs: Peer;
  readonly #functions: Functions;
  readonly #encoding: Encoding;
  readonly #tally: Tally;
  readonly #label: string;

  constructor(
    connections: { readonly ours: NatsConnection; readonly theirs: Peer },
    functions: Functions,
    encoding: Encoding,
    label: string,
    tally: Tally,
  ) {
    this.#ours = connections.ours;
    this.#theirs = connections.theirs;
    this.#functions = functions;
    this.#encoding = encoding;
    this.#tally = tally;
    this.#label = label;
  }

  /** Sends payloads to a subscription or a responder, and returns what it received, by number. */
  async receive(
    sdk: Sdk,
    channel: Channel,
    payloads: readonly { readonly sample: Sample; readonly value: unknown }[],
    reply: unknown,
  ): Promise<ReadonlyMap<number, unknown>> {
    const received = new Map<number, unknown>();
    const handler = (
      message: unknown,
      {
        source,
      }: { readonly source: { readonly headers?: { get(name: string): string | undefined } } },
    ): unknown => {
      received.set(Number(source.headers?.get(NUMBER)), message);
      return reply;
    };
    const params = paramsOf(channel.key, 1);
    const subject = subjectOf(channel.key, params);
    await using _subscription = await this.#listen(sdk, channel, handler);
    for (const [i, { sample, value }] of payloads.entries()) {
      const headers = headersOf(sample.each);
      headers.set(NUMBER, String(i));
      const reply = channel.kind === "procedure" ? { reply: `answers.${i}` } : {};
      this.#theirs.publish(subject, this.#write(sample.each, value), { headers, ...reply });
    }
    await this.#theirs.flush();
    await this.#ours.flush();
    return received;
  }

  /**
   * Sends valid payloads, and counts how they arrive.
   *
   * @param others Messages of other operations of the subject.
   */
  async tally(
    sdk: Sdk,
    channel: Channel,
    samples: readonly Sample[],
    others: readonly Sample[],
    reply: unknown,
  ): Promise<void> {
    const payloads = samples.flatMap((sample) => sample.values.map((value) => ({ sample, value })));
    const received = await this.receive(sdk, channel, payloads, reply);
    for (const [i, { sample, value }] of payloads.entries()) {
      const isRequest = channel.kind === "procedure";
      if (!received.has(i) && isRequest && others.some(({ accepts }) => accepts(value))) {
        this.#tally.ambiguous++;
      } else {
        this.#judge(sample, value, samples, received.has(i), received.get(i));
      }
    }
  }

  /** Sends mutated payloads, none of which must arrive. */
  async refuse(
    sdk: Sdk,
    channel: Channel,
    samples: readonly Sample[],
    reply: unknown,
  ): Promise<void> {
    const payloads = samples.flatMap((sample) =>
      sample.mutations
        // One that another message of the channel allows is no mutation of it.
        .filter((value) => !samples.some((other) => other.accepts(value)))
        .map((value) => ({ sample, value })),
    );
    const received = await this.receive(sdk, channel, payloads, reply);
    for (const [i, { sample, value }] of payloads.entries()) {
      if (received.has(i)) this.#problem(sample, value, "a mutated message arrived");
      else this.#tally.refused++;
    }
  }

  /** Sends payloads with the SDK: the other client has to read the same values. */
  async send(channel: Channel, samples: readonly Sample[]): Promise<void> {
    const { base, key } = channel;
    const params = paramsOf(key, 1);
    const got: Msg[] = [];
    const spy = this.#theirs.subscribe(subjectOf(key, params), {
      callback: (_error, message) => {
        got.push(message);
        if (message.reply) message.respond(new Uint8Array());
      },
    });
    await this.#theirs.flush();
    for (const sample of samples) {
      for (const value of sample.values) {
        got.length = 0;
        const args = [this.#ours, ...place(channel, params), ...sent(sample.each, value)];
        if (channel.kind === "channel") await this.#functions[`publish${base}`]?.(...args);
        // The empty reply of the other client may be none that the document allows.
        else await this.#functions[`request${base}`]?.(...args).catch(() => {});
        await this.#ours.flush();
        await this.#theirs.flush();
        const [message] = got;
        if (message === undefined) this.#problem(sample, value, "was not sent");
        else if (!isSame(this.#read(sample.each, message.data), value))
          this.#problem(sample, value, "the other client read another value");
        else this.#tally.sent++;
      }
    }
    spy.unsubscribe();
    await this.#theirs.flush();
  }

  /** Requests replies of the other client, and counts how they arrive. */
  async ask(channel: Channel, asks: readonly Sample[], answers: readonly Sample[]): Promise<void> {
    const { base, key } = channel;
    const params = paramsOf(key, 1);
    const question = asks.find(({ values }) => values.length > 0);
    if (question === undefined || channel.manyReplies) return;
    for (const sample of answers) {
      for (const value of sample.values) {
        const responder = this.#theirs.subscribe(subjectOf(key, params), {
          max: 1,
          callback: (_error, message) =>
            void message.respond(this.#write(sample.each, value), {
              headers: headersOf(sample.each),
            }),
        });
        await this.#theirs.flush();
        const args = [
          this.#ours,
          ...place(channel, params),
          ...sent(question.each, question.values[0]),
        ];
        let reply: unknown;
        let isLost = false;
        try {
          reply = await this.#functions[`request${base}`]?.(...args);
        } catch {
          isLost = true;
        }
        await responder.closed;
        this.#judge(sample, value, answers, !isLost, reply);
      }
    }
  }

  #listen({ responders }: Sdk, channel: Channel, handler: unknown): Promise<Subscription> {
    const { key, base, name, kind } = channel;
    const options = { queue: false, onError: () => {} };
    const filter = place(channel, anyOf(key) as Params);
    const shared = responders.find(({ procedures }) =>
      procedures.some((each) => each.name === name),
    );
    const verb = kind === "channel" ? "subscribe" : "respond";
    const handlers = shared === undefined ? handler : { [name]: handler };
    return this.#functions[`${verb}${shared?.base ?? base}`]?.(
      this.#ours,
      ...filter,
      handlers,
      options,
    ) as Promise<Subscription>;
  }

  #judge(
    sample: Sample,
    value: unknown,
    samples: readonly Sample[],
    hasArrived: boolean,
    received: unknown,
  ): void {
    if (!hasArrived) {
      this.#tally.lost++;
      this.#problem(sample, value, "was lost");
      return;
    }
    const { named, message } = sample.each;
    const { name, message: payload } = (
      named ? received : { name: message.name, message: received }
    ) as {
      readonly name: string | undefined;
      readonly message: unknown;
    };
    // Without a name, bytes may be read as the text that they are as well.
    const isOpen =
      name === undefined && samples.some(({ each }) => each.message.codec !== message.codec);
    if (!isOpen && !isSame(payload, value)) {
      this.#problem(sample, value, "arrived as another value");
    }
    const fitting = samples.filter(({ accepts }) => accepts(value));
    if (name === undefined) {
      this.#tally.unnamed++;
      if (fitting.length < 2) this.#problem(sample, value, "arrived without its name");
    } else {
      this.#tally.named++;
      const isOther =
        name !== message.name && !fitting.some(({ each }) => each.message.name === name);
      if (isOther) this.#problem(sample, value, `arrived as ${name}`);
    }
  }

  #write({ message: { codec } }: MessageCase, value: unknown): Uint8Array {
    if (codec === "none") return new Uint8Array();
    if (codec === "bytes") return value as Uint8Array;
    if (codec === "text") return new TextEncoder().encode(String(value));
    return writers[codec === "json" ? this.#encoding : "msgpack"](value);
  }

  #read({ message: { codec } }: MessageCase, data: Uint8Array): unknown {
    if (codec === "none") return undefined;
    if (codec === "bytes") return Uint8Array.from(data);
    if (codec === "text") return new TextDecoder().decode(data);
    return parsers[codec === "json" ? this.#encoding : "msgpack"](data);
  }

  #problem({ each }: Sample, value: unknown, what: string): void {
    const text = JSON.stringify(value) ?? "no payload";
    this.#tally.problems.push(
      `${this.#label} ${each.channel.name}/${each.message.name}: ${what}: ${text.slice(0, 300)}`,
    );
  }
}

/** Checks for the same value; the bytes that Node.js receives have a class of their own. */
function isSame(actual: unknown, expected: unknown): boolean {
  const own = actual instanceof Uint8Array ? Uint8Array.from(actual) : actual;
  return isDeepStrictEqual(own, expected);
}

/** The headers that the document asks for. */
function headersOf({ headers = {} }: MessageCase): MsgHdrs {
  const set = natsHeaders();
  for (const [name, value] of Object.entries(headers)) set.set(name, String(value));
  return set;
}
