import type { Sdk, Stream } from "../model/sdk.js";
import { keyText, literal, templateLiteral } from "./literal.js";
import { operationView } from "./operations-view.js";

/** Describes the content of `streams.ts`. */
export function streamsView({ streams }: Sdk): object {
  const kept = new Map(
    streams.flatMap(({ stream, channels }) =>
      channels.map((channel) => [channel, stream] as const),
    ),
  );
  return {
    streams: streams.map(streamView),
    parameterNames: [...new Set(streams.flatMap((stream) => stream.parameters))],
    shownStreams: streams.map(({ stream }) => `\`${stream}\``),
    channels: [...kept].map(([channel, stream]) => ({ ...operationView(channel), stream })),
  };
}

function streamView({
  name,
  channelsType,
  stream,
  parameters,
  settings,
  channels,
}: Stream): object {
  const { subjects, ...others } = settings;
  return {
    name,
    channelsType,
    stream,
    description: settings.description ?? "",
    shownSubjects: subjects.map((subject) => `\`${subject}\``),
    channels: channels.map((channel) => channel.name),
    parameters: parameters.map((parameter) => literal(parameter)).join(" | "),
    wireName: textOf(stream, parameters),
    subjects: subjects.map((subject) => textOf(subject, parameters)),
    settings: Object.entries(others).map(([key, value]) => ({
      key: keyText(key),
      value: literal(value),
    })),
  };
}

/** Writes a text of the stream. Its parameters come from an object. */
function textOf(text: string, parameters: readonly string[]): string {
  const parts = text.split(/\{([^{}]*)\}/);
  if (parameters.length === 0 || parts.length === 1) return literal(text);
  return templateLiteral(
    parts.map((part, i) => (i % 2 === 0 ? part : `params.${parameterOf(part, parameters)}`)),
  );
}

/** Finds a parameter: names of streams have the document's spelling, subjects have TypeScript's. */
function parameterOf(part: string, parameters: readonly string[]): string {
  const plain = (name: string) => name.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();
  return parameters.find((name) => plain(name) === plain(part)) ?? part;
}
