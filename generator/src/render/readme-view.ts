import type { Channel, Parameter, Responder, Sdk, Server, Traffic } from "../model/sdk.js";
import { call, fit, object } from "./layout.js";
import { literal, propertyName } from "./literal.js";
import { typeText } from "./type-text.js";

/**
 * What the template of `README.md` is filled with.
 *
 * @param module What a program imports the SDK from.
 */
export function readmeView(
  { title, description, dates, channels, responders, servers }: Sdk,
  module: string,
): object {
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
      message: trafficText(channel.traffic),
      reply: channel.reply === undefined ? "" : trafficText(channel.reply),
      manyReplies: channel.manyReplies,
      snippets: snippets(channel, responders).map(fit),
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
    `await using nats = new NatsConnection(${options});`,
  ].join("\n");
}

function callOf({ name, variables, credentials: all, credentialsOptional }: Server): string {
  const credentials = credentialsOptional ? [] : all;
  const needed = variables.filter(({ fallback }) => fallback === undefined);
  const args = needed.map(
    (variable) => `${propertyName(variable.name)}: ${literal(variable.values[0] ?? variable.name)}`,
  );
  const given = [
    ...(args.length > 0
      ? [`{ ${args.join(", ")} }`]
      : variables.length > 0 && credentials.length > 0
        ? ["{}"]
        : []),
    ...(credentials.length > 0 ? ["credentials"] : []),
  ];
  return `Servers.${name}(${given.join(", ")})`;
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

function trafficText({ messages, unionType }: Traffic): string {
  const [only] = messages;
  if (unionType !== undefined) return `Channels.${unionType}`;
  return only === undefined || only.codec === "none" ? "" : fit(typeText(only.type, "property"));
}

function snippets(channel: Channel, responders: readonly Responder[]): readonly string[] {
  const { base, key, kind, sends, listens, iterator } = channel;
  const hasParams = key.paramsType !== undefined;
  const params = hasParams ? [paramsText(key.parameters)] : key.isGiven ? ['"a.subject"'] : [];
  const address = key.isGiven ? ['"a.subject"'] : [];
  const all = hasParams ? ["{}"] : address;
  const sent = [...params, ...payload(channel)];
  if (kind === "procedure") {
    const shared = responderOf(channel, responders);
    const silent = channel.reply !== undefined && trafficText(channel.reply) === "";
    const head = ["nats", ...all].join(", ");
    const responder = `respond${shared?.base ?? base}(${head}`;
    const { manyReplies } = channel;
    const given = silent ? "" : `  return ${manyReplies ? "[reply]" : "reply"};\n`;
    const asked = call(`request${base}`, ["nats", ...sent]);
    const request = manyReplies
      ? `for await (const reply of ${asked}) {\n  console.log(reply);\n}`
      : `${silent ? "" : "const reply = "}await ${asked};`;
    const respond =
      shared === undefined
        ? `await ${responder}, (message) => {\n  console.log(message);\n${given}});`
        : `await ${responder}, {\n  ${channel.name}: (message) => {\n    console.log(message);\n${given && `  ${given}`}  },\n});`;
    return [...(sends ? [request] : []), ...(listens ? [respond] : [])];
  }
  return [
    ...(sends ? [`await ${call(`publish${base}`, ["nats", ...sent])};`] : []),
    ...(listens
      ? [
          `await subscribe${base}(${["nats", ...all].join(", ")}, (message) => {\n  console.log(message);\n});`,
          `for await (const { message } of ${iterator}(${["nats", ...address].join(", ")})) {\n  console.log(message);\n}`,
        ]
      : []),
  ];
}

/** The one responder of all that is asked on a subject, where there is more than one question. */
function responderOf(channel: Channel, responders: readonly Responder[]): Responder | undefined {
  return responders.find(({ procedures }) => procedures.includes(channel));
}

function payload({ traffic: { messages, unionType } }: Channel): readonly string[] {
  const [only] = messages;
  const silent = unionType === undefined && only?.codec === "none";
  const headed = unionType === undefined && only?.headers?.fields.some(({ required }) => required);
  return [...(silent ? [] : ["message"]), ...(headed ? ["{ headers }"] : [])];
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
