import type { Channel, Sdk, Stream } from "../model/sdk.js";
import { docText } from "./doc-comment.js";
import type { Imports } from "./imports.js";
import { call, entry, fluid, list, object } from "./layout.js";
import { literal, templateLiteral } from "./literal.js";
import { leftOut } from "./operations-view.js";

/** What the template of `streams.ts` is filled with. */
export function streamsView(imports: Imports, { streams }: Sdk): object {
  imports.namespace("JetStream", "alternats/jetstream");
  const parameterNames = [...new Set(streams.flatMap((stream) => stream.parameters))];
  const kept = new Map(
    streams.flatMap((stream) => stream.channels.map((channel) => [channel, stream] as const)),
  );
  return {
    streams: streams.map((stream) => streamView(imports, stream)),
    parameterNames,
    all: list(
      "[",
      streams.map((stream) => reference(stream)),
      "]",
    ),
    ensureDoc: docText(
      `Creates the streams ${streams.map(({ stream }) => `\`${stream}\``).join(", ")} where there are none, and changes those that are not as they are to be. Refuses what would lose messages; with \`dryRun\` it only tells what it would do.`,
    ),
    channels: [...kept].map(([channel, stream]) => channelView(channel, stream)),
  };
}

function reference({ name, parameters }: Stream): string {
  return parameters.length === 0 ? name : `${name}(params)`;
}

function streamView(imports: Imports, stream: Stream): object {
  const { name, channelsType, stream: wireName, parameters, settings, channels } = stream;
  const channelsOf = imports.namespace("Channels", "./channels.js");
  const { subjects, ...others } = settings;
  const config = [
    entry("name", textOf(wireName, parameters)),
    entry(
      "subjects",
      list(
        "[",
        subjects.map((subject) => textOf(subject, parameters)),
        "]",
      ),
    ),
    ...Object.entries(others).map(([key, value]) => entry(key, literal(value), true)),
  ];
  const members = channels.map((channel) =>
    entry(channel.name, `${channelsOf}.${channel.name}`, true),
  );
  const pure = parameters.length === 0 ? "/* @__PURE__ */ " : "";
  const value = call(`${pure}JetStream.stream`, [object(config), object(members)]);
  return {
    name,
    channelsType,
    channelsDoc: docText(`The channels that the stream \`${wireName}\` keeps.`),
    doc: docText(
      settings.description ??
        `The stream \`${wireName}\`: ${subjects.map((each) => `\`${each}\``).join(", ")}.`,
    ),
    channels: channels.map((channel) => ({
      key: channel.name,
      value: `${channelsOf}.${channel.name}`,
    })),
    isTemplate: parameters.length > 0,
    parametersType: `Pick<StreamsParams, ${parameters.map((each) => literal(each)).join(" | ")}>`,
    type: `JetStream.Stream<${channelsType}>`,
    value: parameters.length === 0 ? fluid(value) : ` ${value}`,
  };
}

/** A text of the stream, whose parameters come from an object. */
function textOf(text: string, parameters: readonly string[]): string {
  if (parameters.length === 0) return literal(text);
  const parts = text.split(/\{([^{}]*)\}/);
  if (parts.length === 1) return literal(text);
  const names = parts.map((part, i) =>
    i % 2 === 0 ? part : `params.${parameterOf(part, parameters)}`,
  );
  return templateLiteral(names);
}

/** The name of the stream has the document's spelling, its subjects have TypeScript's. */
function parameterOf(part: string, parameters: readonly string[]): string {
  const plain = (name: string) => name.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();
  return parameters.find((name) => plain(name) === plain(part)) ?? part;
}

function channelView({ name, base, sends, listens, key }: Channel, stream: Stream): object {
  const subject = `\`${key.address}\``;
  return {
    base,
    channel: `Channels.${name}`,
    sends,
    listens,
    appendDoc: docText(
      `Appends a message on ${subject} to the stream \`${stream.stream}\`; settles when it is stored.`,
    ),
    consumeDoc: docText(
      `Handles each message on ${subject} that the stream keeps until its handler succeeded.${leftOut(key)}`,
    ),
    replayDoc: docText(
      `Iterates over the messages on ${subject} that the stream keeps, and those that come.${leftOut(key)}`,
    ),
    lastDoc: docText(`Looks up the latest message on ${subject}.`),
  };
}
