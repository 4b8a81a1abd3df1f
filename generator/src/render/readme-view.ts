import type {
  Channel,
  Credentials,
  MessageSet,
  Parameter,
  Responder,
  Sdk,
  Server,
} from "../model/sdk.js";
import { call, entry, fit, list, object } from "./layout.js";
import { literal, propertyName } from "./literal.js";
import { Samples } from "./sample.js";
import { typeText } from "./type-text.js";

/**
 * What the template of `README.md` is filled with.
 *
 * @param module What a program imports the SDK from.
 */
export function readmeView(
  { title, description, dates, types, channels, responders, servers }: Sdk,
  module: string,
): object {
  const samples = new Samples(types);
  return {
    title: paragraph(title),
    description: description === undefined ? "" : prose(description),
    connecting: connecting(servers, module),
    client: channels.length === 0 ? "" : clientPath(module),
    hasDates: dates === "date",
    channels: channels.map((channel) => ({
      name: channel.name,
      description: channel.doc.text === undefined ? "" : prose(channel.doc.text),
      subject: channel.key.isGiven ? "" : channel.key.subject,
      queue: (responderOf(channel, responders) ?? channel).queue ?? "",
      parameters: channel.key.parameters.map(parameterView),
      isProcedure: channel.reply !== undefined,
      message: trafficText(channel.message),
      reply: channel.reply === undefined ? "" : trafficText(channel.reply),
      manyReplies: channel.manyReplies,
      program: program(channel, responderOf(channel, responders), samples, module),
    })),
  };
}

/** Markdown code whatever the text holds. */
export function markdownCode(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const space = /^`|`$/.test(text) ? " " : "";
  return `${fence}${space}${text.replace(/[\s\p{Cc}]+/gu, " ")}${space}${fence}`;
}

/** Where the client is imported from. */
function clientPath(module: string): string {
  return module.startsWith("./") ? module.replace("index", "client") : `${module}/client`;
}

function connecting([server]: readonly Server[], module: string): string {
  const options = server === undefined ? "" : callOf(server);
  return [
    'import { NatsConnection } from "alternats";',
    ...(server === undefined ? [] : [`import { Servers } from ${literal(module)};`]),
    "",
    fit(`await using nats = ${call("new NatsConnection", options === "" ? [] : [options])};`),
  ].join("\n");
}

function callOf({ name, variables, credentials: all, credentialsOptional }: Server): string {
  const credentials = credentialsOptional ? [] : all;
  const needed = variables.filter(({ fallback }) => fallback === undefined);
  const args = needed.map((variable) =>
    entry(propertyName(variable.name), literal(variable.values[0] ?? variable.name), true),
  );
  const [kind] = credentials;
  const given = [
    ...(args.length > 0 || (variables.length > 0 && kind !== undefined) ? [object(args)] : []),
    ...(kind === undefined ? [] : [object(credentialsOf(kind))]),
  ];
  return call(`Servers.${name}`, given);
}

function credentialsOf(kind: Credentials): readonly string[] {
  switch (kind) {
    case "UserCredentials":
      return ['user: "user"', 'pass: "password"'];
    case "TokenCredentials":
      return ['token: "token"'];
    case "NkeyCredentials":
      return ['seed: "SU..."'];
    case "JwtCredentials":
      return ['jwt: "ey..."', 'seed: "SU..."'];
    case "FileCredentials":
      return ['credsFile: "user.creds"'];
  }
}

function parameterView({ name, type, fallback, doc }: Parameter): object {
  return {
    name,
    type: typeof type === "string" ? type : type.map((value) => literal(value)).join(" | "),
    optional: fallback !== undefined,
    fallback: fallback === undefined ? "" : String(fallback),
    description: doc.text === undefined ? "" : paragraph(doc.text),
  };
}

function trafficText({ messages, unionType }: MessageSet): string {
  const [only] = messages;
  if (unionType !== undefined) return `Channels.${unionType}`;
  return only === undefined || only.codec === "none" ? "" : fit(typeText(only.type, "property"));
}

/** Something that can be done with a channel. */
interface Step {
  /** The function of the SDK that does it. */
  readonly uses: string;
  readonly lines: readonly string[];
}

/** A program that does everything that can be done with a channel, behind the one that connects. */
function program(
  channel: Channel,
  shared: Responder | undefined,
  samples: Samples,
  module: string,
): string {
  const { kind, key, sends, listens } = channel;
  const hasParams = key.paramsType !== undefined;
  const subject = key.isGiven ? ['"a.subject"'] : [];
  const one = ["nats", ...(hasParams ? [paramsText(key.parameters)] : subject)];
  const all = ["nats", ...(hasParams ? ["{}"] : subject)];
  const sent = [...one, ...payload(channel, samples)];
  const reply = replyText(channel, samples);
  const steps =
    kind === "procedure"
      ? [
          ...(sends ? [request(channel, sent, reply)] : []),
          ...(listens ? [respond(channel, shared, all, reply)] : []),
        ]
      : [
          ...(sends ? [publish(channel, sent)] : []),
          ...(listens ? [subscribe(channel, all), iterate(channel, ["nats", ...subject])] : []),
        ];
  if (steps.length === 0) return "";
  const names = steps.map(({ uses }) => uses);
  const imported = `import ${list("{", names, "}", { spaced: true })} from ${literal(module)};`;
  return [imported, "", ...steps.flatMap(({ lines }) => lines)].map(fit).join("\n");
}

function publish({ base }: Channel, args: readonly string[]): Step {
  const uses = `publish${base}`;
  return { uses, lines: [`await ${call(uses, args)};`] };
}

function subscribe({ base }: Channel, args: readonly string[]): Step {
  const uses = `subscribe${base}`;
  const lines = [
    `await ${uses}(${args.join(", ")}, (message) => {`,
    "  console.log(message);",
    "});",
  ];
  return { uses, lines };
}

function iterate({ iterator }: Channel, args: readonly string[]): Step {
  const lines = [
    `for await (const { message } of ${iterator}(${args.join(", ")})) {`,
    "  console.log(message);",
    "}",
  ];
  return { uses: iterator, lines };
}

/** @param reply What is answered; undefined for nothing. */
function request(
  { base, manyReplies }: Channel,
  args: readonly string[],
  reply: string | undefined,
): Step {
  const uses = `request${base}`;
  const asked = call(uses, args);
  if (manyReplies)
    return { uses, lines: [`for await (const reply of ${asked}) {`, "  console.log(reply);", "}"] };
  if (reply === undefined) return { uses, lines: [`await ${asked};`] };
  return { uses, lines: [`const reply = await ${asked};`, "console.log(reply);"] };
}

/** @param reply What is answered; undefined for nothing. */
function respond(
  { name, base, manyReplies }: Channel,
  shared: Responder | undefined,
  args: readonly string[],
  reply: string | undefined,
): Step {
  const uses = `respond${shared?.base ?? base}`;
  const head = `await ${uses}(${args.join(", ")}, `;
  const returned = manyReplies && reply !== undefined ? list("[", [reply], "]") : reply;
  const body = [
    "  console.log(message);",
    ...(returned === undefined ? [] : [`  return ${returned};`]),
  ];
  if (shared === undefined) return { uses, lines: [`${head}(message) => {`, ...body, "});"] };
  const handler = [`${name}: (message) => {`, ...body, "},"];
  return { uses, lines: [`${head}{`, ...handler.map((each) => `  ${each}`), "});"] };
}

/** What a responder returns; undefined for nothing. */
function replyText({ reply }: Channel, samples: Samples): string | undefined {
  if (reply === undefined || trafficText(reply) === "") return undefined;
  return samples.ofTraffic(reply) ?? "reply";
}

/** The one responder of all that is asked on a subject, where there is more than one question. */
function responderOf(channel: Channel, responders: readonly Responder[]): Responder | undefined {
  return responders.find(({ procedures }) => procedures.includes(channel));
}

function payload({ message }: Channel, samples: Samples): readonly string[] {
  const [only] = message.messages;
  const isOne = message.unionType === undefined;
  const silent = isOne && only?.codec === "none";
  const headers = isOne ? only?.headers : undefined;
  const isHeaded = headers?.fields.some(({ required }) => required);
  return [
    ...(silent ? [] : [samples.ofTraffic(message) ?? "message"]),
    ...(headers !== undefined && isHeaded ? [object([samples.headers(headers)])] : []),
  ];
}

/** Each parameter with a value that it may have. */
function paramsText(parameters: readonly Parameter[]): string {
  const entries = parameters
    .filter(({ fallback }) => fallback === undefined)
    .map(({ name, type }) => {
      const value = type === "string" ? name : type === "integer" ? 1 : type[0];
      return `${propertyName(name)}: ${literal(value)}`;
    });
  return entries.length === 0 ? "{}" : object(entries);
}

/** The document's Markdown, without HTML, which a reader of the SDK did not ask for. */
function prose(text: string): string {
  return text
    .trim()
    .replace(/\r\n?/g, "\n")
    .replace(/<(?=[a-z/!?])/gi, "&lt;")
    .replace(/^#/gm, "\\#")
    .replace(/\p{Cc}/gu, (character) => (character === "\n" ? "\n" : " "));
}

function paragraph(text: string): string {
  return prose(text).replace(/\s+/g, " ");
}
