import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection } from "alternats";
import type { Entry } from "../generator/support/corpus-index.js";
import { documentCase, type MessageCase } from "../generator/support/corpus-messages.js";
import { Workbench } from "../generator/support/workbench.js";
import { startBroker } from "../support/broker.js";
import { Exchange, emptyTally, type Tally } from "./exchange.js";
import { type Sample, sampleOf } from "./samples.js";
import { type Encoding, loadSdk } from "./sdks.js";

/** The connections of both sides. */
interface Connections {
  readonly ours: NatsConnection;
  readonly theirs: Peer;
}

/**
 * Exchanges messages of documents with the official client, in both directions and for each
 * operation in both roles.
 *
 * @returns The counts without and with validation, over JSON and MessagePack.
 */
export async function exchangeDocuments(entries: readonly Entry[]): Promise<Tally> {
  await using bench = await Workbench.open();
  await using broker = await startBroker();
  await using ours = new NatsConnection({ servers: broker.url });
  const theirs = await connect({ servers: broker.url });
  const tally = emptyTally();
  for (const entry of entries) {
    for (const encoding of ["json", "msgpack"] as const) {
      for (const validate of [undefined, "both"] as const) {
        // Validation is the same in each encoding.
        if (encoding === "msgpack" && validate) continue;
        try {
          await exchangeDocument({ ours, theirs }, bench, entry, encoding, validate, tally);
        } catch (error) {
          tally.problems.push(
            `${entry.id} ${encoding}: ${error instanceof Error ? error.stack : error}`,
          );
        }
      }
    }
  }
  await theirs.close();
  return tally;
}

async function exchangeDocument(
  connections: Connections,
  bench: Workbench,
  entry: Entry,
  encoding: Encoding,
  validate: "both" | undefined,
  tally: Tally,
): Promise<void> {
  const { sdk, messages, document } = await documentCase(entry);
  const functions = await loadSdk(bench, entry, encoding, validate && { validate });
  const label = `${entry.id} ${encoding}${validate ? " validated" : ""}`;
  const exchange = new Exchange(connections, functions, encoding, label, tally);
  const samples = new Map(messages.map((each) => [each, sampleOf(document, each)]));
  // A message that the document does not describe is JSON, whatever the other messages are.
  const isMade = ({ message, payload }: MessageCase): boolean =>
    encoding === "json" || payload !== undefined || message.type.kind !== "unknown";
  for (const channel of sdk.channels) {
    const own = messages.filter((each) => each.channel === channel && isMade(each));
    const others = messages.flatMap((each) => {
      const isRival =
        each.channel !== channel && each.channel.key === channel.key && each.side !== "answer";
      return isRival ? (samples.get(each) ?? []) : [];
    });
    const isAnswer = (sample: Sample): boolean => sample.each.side === "answer";
    const all = own.flatMap((each) => samples.get(each) ?? []);
    const asks = all.filter((sample) => !isAnswer(sample));
    const answers = all.filter(isAnswer);
    const reply = answers[0] && replyOf(answers[0]);
    await exchange.tally(sdk, channel, asks, others, reply);
    if (validate) await exchange.refuse(sdk, channel, asks, reply);
    if (channel.sends) await exchange.send(channel, asks);
    if (channel.kind === "procedure" && channel.sends) await exchange.ask(channel, asks, answers);
  }
}

function replyOf({ each, values }: Sample): unknown {
  const [value] = values;
  return each.named ? { name: each.message.name, message: value, headers: each.headers } : value;
}
