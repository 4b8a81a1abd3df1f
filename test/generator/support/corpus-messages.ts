import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Diagnostics } from "../../../generator/src/diagnostics.ts";
import { LoadedDocument } from "../../../generator/src/document/loaded-document.ts";
import { buildSdk } from "../../../generator/src/model/build-sdk.ts";
import type { Channel, HeaderField, Message, Sdk } from "../../../generator/src/model/sdk.ts";
import { corpus, type Entry } from "./corpus-index.js";
import { type DescribedMessage, Document, type Located } from "./document.js";
import { examplesOf } from "./example.js";

export type { Channel, Sdk };

/** One kind of message of an SDK, with values that the document's schemas allow. */
export interface MessageCase {
  readonly channel: Channel;
  /** The property of the constant in `channels.ts` that writes and reads it. */
  readonly side: "message" | "ask" | "answer";
  readonly message: Message;
  /** `true` if it is one of several, so that values travel as `{ name, message }`. */
  readonly named: boolean;
  readonly values: readonly unknown[];
  /** The schema of its payload in the document; undefined if anything fits. */
  readonly payload: Located | undefined;
  /** A value for each of its headers; undefined where it has none. */
  readonly headers: Readonly<Record<string, unknown>> | undefined;
}

/** A document's SDK with its messages. */
export interface DocumentCase {
  /** Names of the parts of an SDK, so that tests find them. */
  readonly sdk: Sdk;
  /** Number of operations of the document. */
  readonly operations: number;
  readonly messages: readonly MessageCase[];
  /** The document as the tests read it. */
  readonly document: Document;
}

const cases = new Map<string, Promise<DocumentCase>>();

/**
 * A document of the corpus: what names its SDK gives by the generator, all else by the tests' own reader. Read once,
 * for several test files ask for each.
 */
export function documentCase(entry: Entry): Promise<DocumentCase> {
  const found = cases.get(entry.id) ?? readDocument(entry);
  cases.set(entry.id, found);
  return found;
}

async function readDocument({ root, main }: Entry): Promise<DocumentCase> {
  const read = (path: string): Promise<string> => readFile(join(corpus, root, path), "utf8");
  const loaded = await LoadedDocument.load({ main, read }, new Diagnostics());
  if (loaded === undefined) throw new Error(`${main} cannot be read`);
  const sdk = buildSdk(loaded.root, {}, undefined);
  const document = new Document(join(corpus, root), main);
  const described = document.messages();
  const messages = sdk.channels.flatMap((channel) => {
    const sides =
      channel.kind === "channel"
        ? ([["message", channel.message]] as const)
        : ([
            ["ask", channel.message],
            ["answer", channel.reply],
          ] as const);
    return sides.flatMap(([side, traffic]) =>
      (traffic?.messages ?? []).map((message): MessageCase => {
        const found = find(described, sdk, channel, side, message);
        const named = traffic?.unionType !== undefined;
        const values = valuesOf(document, message, found);
        return {
          channel,
          side,
          message,
          named,
          values,
          payload: message.type.kind === "unknown" ? undefined : found?.payload,
          headers: headersOf(document, message, found),
        };
      }),
    );
  });
  return { sdk, operations: document.operations(), messages, document };
}

/** Finds a message of the SDK in the document, by ever weaker signs as long as there are several. */
function find(
  described: readonly DescribedMessage[],
  { channels }: Sdk,
  channel: Channel,
  side: MessageCase["side"],
  { name }: Message,
): DescribedMessage | undefined {
  const address = channel.key.isGiven ? undefined : channel.key.address;
  const numberless = name.replace(/\d+$/, "");
  const base = channel.base.toLowerCase();
  const belongs = ({ operations, answers }: DescribedMessage): boolean =>
    (side === "answer" ? answers : operations).some((id) => id.toLowerCase().endsWith(base));
  // A request that shares its subject with others is called by its procedure.
  const isRequest = name === channel.name;
  const signs: readonly ((each: DescribedMessage) => boolean)[] = [
    ({ names }) =>
      isRequest || names.length === 0 || names.includes(name) || names.includes(numberless),
    (each) => isRequest && belongs(each),
    ({ answers }) => !isRequest || answers.length === 0,
    (each) => side === "answer" && belongs(each),
    (each) => each.address === address,
    ({ names }) => names.includes(name),
    belongs,
  ];
  let found = described;
  for (const [i, sign] of signs.entries()) {
    const fewer = found.filter(sign);
    if (fewer.length > 0 || i === 0) found = fewer;
  }
  const alike = channels.filter(({ key }) => key === channel.key);
  return found[alike.indexOf(channel) + (side === "answer" ? 1 : 0)] ?? found[0];
}

function valuesOf(
  document: Document,
  { codec, type, name }: Message,
  found: DescribedMessage | undefined,
): readonly unknown[] {
  if (codec === "none") return [undefined];
  if (codec === "bytes") return [Uint8Array.of(0, 13, 10, 255), new Uint8Array()];
  if (found === undefined && type.kind !== "unknown") {
    throw new Error(`the document does not describe the message ${name}`);
  }
  const values = examplesOf(document, found?.payload);
  if (codec !== "text") return values;
  const texts = values.filter((value) => typeof value === "string");
  return texts.length > 0 ? texts : ["text"];
}

function headersOf(
  document: Document,
  { headers }: Message,
  found: DescribedMessage | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (headers === undefined) return undefined;
  const properties = (found?.headers ?? []).flatMap((schema) =>
    document.children(document.get(schema, "properties")),
  );
  return Object.fromEntries(
    headers.fields.map((field) => {
      const schema = properties.find(([name]) => name === field.name)?.[1];
      return [field.name, headerValue(document, field, schema)];
    }),
  );
}

function headerValue(
  document: Document,
  { kind }: HeaderField,
  schema: Parameters<typeof examplesOf>[1],
): unknown {
  const defaults = { string: "text", number: 7, boolean: true };
  const fitting = examplesOf(document, schema).filter(
    // Headers carry one line of text; what surrounds it is not part of it.
    (value) => typeof value === kind && /^(?:[!-~](?:[ -~]*[!-~])?)?$/.test(String(value)),
  );
  return fitting.find((value) => value !== "") ?? defaults[kind];
}
