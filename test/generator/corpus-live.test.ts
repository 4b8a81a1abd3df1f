import { once } from "node:events";
import { join } from "node:path";
import {
  connect,
  type Msg,
  type MsgHdrs,
  headers as makeHeaders,
  type NatsConnection as OtherConnection,
} from "@nats-io/transport-node";
import { NatsConnection, type Subscription } from "alternats";
import type { Filter, Received } from "alternats/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { lacks } from "../support/requirements.js";
import {
  anyOf,
  type Functions,
  givenSubject,
  type Params,
  paramsOf,
  place,
  sent,
  subjectOf,
} from "./support/calls.js";
import { corpusSdks, entries } from "./support/corpus.js";
import {
  type Channel,
  documentCase,
  type MessageCase,
  type Sdk,
} from "./support/corpus-messages.js";
import { readWire, wrapped, writeWire } from "./support/wire.js";
import { Workbench } from "./support/workbench.js";

type AnyReceived = Received<object, unknown, unknown>;

const NAME = "Alternats-Message";

/** Things that arrive, awaited one by one. */
class Arrivals<T> {
  readonly #items: T[] = [];
  readonly #arrived = new EventTarget();

  readonly add = (item: T): void => {
    this.#items.push(item);
    this.#arrived.dispatchEvent(new Event("item"));
  };

  async next(fits: (item: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const at = this.#items.findIndex(fits);
      if (at >= 0) return this.#items.splice(at, 1)[0]!;
      await once(this.#arrived, "item");
    }
  }
}

/** The headers that another producer sets: those of the document, and the name where the SDK needs it. */
function othersHeaders(each: MessageCase, spied: Msg): MsgHdrs {
  const set = makeHeaders();
  for (const [name, value] of Object.entries(each.headers ?? {})) set.set(name, String(value));
  const name = spied.headers?.get(NAME) ?? "";
  if (name !== "") set.set(NAME, name);
  return set;
}

/** Content of a message of the SDK that another client must find. */
function expectOnWire(each: MessageCase, message: Msg, value: unknown): void {
  const { data, headers } = message;
  expect(readWire(each, data)).toEqual(value);
  const { channel } = each;
  const replyAt = channel.kind === "channel" ? undefined : channel.replyAt;
  for (const [name, header] of Object.entries(each.headers ?? {})) {
    const isReplyAddress = each.side === "ask" && replyAt === `$message.header#/${name}`;
    if (isReplyAddress) expect(headers?.get(name)).toMatch(/^_INBOX\./);
    else expect(headers?.get(name)).toBe(String(header));
  }
}

describe.skipIf(lacks("corpus"))("the NATS documents of the corpus over a real server", () => {
  const documents = entries("valid").filter(({ nats }) => nats);
  const covered = { documents: 0, channels: 0, procedures: 0, messages: 0 };
  let bench: Workbench;
  let broker: Broker;
  let ours: NatsConnection;
  let theirs: OtherConnection;

  beforeAll(async () => {
    bench = await Workbench.open();
    const sdks = await corpusSdks();
    for (const { id } of documents) await bench.writeAll(id, sdks.get(id)?.files ?? []);
    broker = await startBroker();
    ours = new NatsConnection({ servers: broker.url });
    // Without echo, so that what it spies on is what the SDKs sent.
    theirs = await connect({ servers: broker.url, noEcho: true });
  }, 120_000);

  afterAll(async () => {
    await theirs.close();
    await ours[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  /** Publish, subscribe, wildcards: both ways, each message of a channel. */
  async function tryChannel(
    functions: Functions,
    spy: Arrivals<Msg>,
    channel: Channel,
    messages: readonly MessageCase[],
  ): Promise<void> {
    const { base, key } = channel;
    const [one, other] = [paramsOf(key, 1), paramsOf(key, 2)];
    const [subject, otherSubject] = [subjectOf(key, one), subjectOf(key, other)];
    const received = new Arrivals<readonly [unknown, AnyReceived] | Error>();
    const options = { queue: false, onError: received.add };
    const handler = (message: unknown, delivery: AnyReceived): void =>
      received.add([message, delivery]);
    const subscribe = (filter: Filter<Params>): Promise<Subscription> =>
      functions[`subscribe${base}`]!(
        ours,
        ...place(channel, filter),
        handler,
        options,
      ) as Promise<Subscription>;
    const expectReceived = async (
      each: MessageCase,
      value: unknown,
      params: Params,
      on: string,
    ): Promise<void> => {
      const next = await received.next();
      if (next instanceof Error) throw next;
      const [message, delivery] = next;
      expect(message).toEqual(wrapped(each, value));
      expect(delivery.subject).toBe(on);
      expect(delivery.params).toEqual(key.isGiven ? givenSubject : params);
      if (!each.named && each.headers !== undefined) expect(delivery.headers).toEqual(each.headers);
    };
    for (const each of messages) {
      for (const value of each.values.slice(0, 2)) {
        const bytes = writeWire(each, value);
        let headers = othersHeaders(each, {} as Msg);
        if (channel.sends) {
          await functions[`publish${base}`]!(ours, ...place(channel, one), ...sent(each, value));
          const there = await spy.next((message) => message.subject === subject);
          expectOnWire(each, there, value);
          headers = othersHeaders(each, there);
        }
        {
          await using _all = await subscribe(anyOf(key));
          theirs.publish(subject, bytes, { headers });
          theirs.publish(otherSubject, bytes, { headers });
          await expectReceived(each, value, one, subject);
          await expectReceived(each, value, other, otherSubject);
        }
        if (subject !== otherSubject) {
          await using _some = await subscribe(one);
          theirs.publish(otherSubject, bytes, { headers });
          theirs.publish(subject, bytes, { headers });
          await expectReceived(each, value, one, subject);
        }
        covered.messages++;
      }
    }
  }

  /** Requests and replies: both ends ours, then each end with another client at the other. */
  async function tryProcedure(
    functions: Functions,
    spy: Arrivals<Msg>,
    { responders }: Sdk,
    channel: Channel,
    messages: readonly MessageCase[],
  ): Promise<void> {
    const { base, key, name } = channel;
    const params = paramsOf(key, 1);
    const subject = subjectOf(key, params);
    const asks = messages.filter(({ side }) => side === "ask");
    const answers = messages.filter(({ side }) => side === "answer");
    for (let i = 0; i < Math.max(asks.length, answers.length); i++) {
      const ask = asks[i % asks.length]!;
      const answer = answers[i % answers.length]!;
      const [question, reply] = [ask.values[0], answer.values[0]];
      const failures: Error[] = [];
      const asked = new Arrivals<readonly [unknown, AnyReceived]>();
      const handler = (message: unknown, delivery: AnyReceived): unknown => {
        asked.add([message, delivery]);
        return wrapped(answer, reply);
      };
      const shared = responders.find(({ procedures }) =>
        procedures.some((procedure) => procedure.name === name),
      );
      const request = (): Promise<unknown> =>
        functions[`request${base}`]!(ours, ...place(channel, params), ...sent(ask, question));
      const expectAsked = async (): Promise<void> => {
        const [message, delivery] = await asked.next();
        expect(message).toEqual(wrapped(ask, question));
        expect(delivery.params).toEqual(key.isGiven ? givenSubject : params);
      };
      let spiedAsk: Msg;
      let spiedAnswer: Msg;
      {
        await using _responder = (await functions[`respond${shared?.base ?? base}`]!(
          ours,
          ...place(channel, anyOf(key)),
          shared === undefined ? handler : { [name]: handler },
          { onError: (error: Error) => failures.push(error) },
        )) as Subscription;
        expect(await request(), failures.join()).toEqual(wrapped(answer, reply));
        await expectAsked();
        spiedAsk = await spy.next((message) => message.subject === subject);
        spiedAnswer = await spy.next((message) => message.subject === spiedAsk.reply);
        expectOnWire(ask, spiedAsk, question);
        expect(readWire(answer, spiedAnswer.data)).toEqual(reply);
        const headers = othersHeaders(ask, spiedAsk);
        const back = await theirs.request(subject, writeWire(ask, question), {
          headers,
          timeout: 5_000,
        });
        expect(readWire(answer, back.data), failures.join()).toEqual(reply);
        await expectAsked();
      }
      const responder = theirs.subscribe(subject, {
        max: 1,
        callback: (_error, message) => {
          const headers = othersHeaders(answer, spiedAnswer);
          message.respond(writeWire(answer, reply), { headers });
        },
      });
      await theirs.flush();
      expect(await request()).toEqual(wrapped(answer, reply));
      await responder.closed;
      await spy.next((message) => message.subject === subject);
      covered.messages += 2;
    }
  }

  it.each(documents.map(({ id }) => id))("speak with another client: %s", async (id) => {
    const entry = documents.find((each) => each.id === id)!;
    const { sdk, messages } = await documentCase(entry);
    const functions: Functions = await import(join(bench.folder, id, "index.ts"));
    const spy = new Arrivals<Msg>();
    const everything = theirs.subscribe(">", { callback: (_error, message) => spy.add(message) });
    await theirs.flush();
    const failures: string[] = [];
    for (const channel of sdk.channels) {
      const own = messages.filter((each) => each.channel === channel);
      try {
        if (channel.kind === "channel") {
          await tryChannel(functions, spy, channel, own);
          covered.channels++;
        } else {
          await tryProcedure(functions, spy, sdk, channel, own);
          covered.procedures++;
        }
      } catch (error) {
        failures.push(`${channel.name}: ${error}`);
      }
    }
    everything.unsubscribe();
    covered.documents++;
    expect(failures).toEqual([]);
  });

  it("cover as much as expected", () => {
    console.log("over a server:", covered);
    expect(covered.documents).toBe(documents.length);
    expect(covered.channels).toBeGreaterThan(200);
    expect(covered.procedures).toBeGreaterThan(10);
  });
});
