import { hiddenCharacters } from "../hidden-characters.js";
import type {
  Channel,
  Credentials,
  MessageSet,
  Parameter,
  Responder,
  Sdk,
  Server,
} from "../model/sdk.js";
import { keyText, literal } from "./literal.js";
import { singleOf } from "./messages-view.js";
import { objectText, Samples } from "./sample.js";
import { typeText } from "./type-text.js";

/**
 * Describes the content of `README.md`.
 *
 * @param module The name by which a program imports the SDK.
 */
export function readmeView(
  { title, description, dates, types, channels, responders, servers }: Sdk,
  module: string,
): object {
  const samples = new Samples(types);
  const [server] = servers;
  return {
    title: paragraph(title),
    description: description === undefined ? "" : prose(description),
    module: literal(module),
    server: server?.name ?? "",
    serverArguments: server === undefined ? [] : serverArguments(server),
    client: channels.length === 0 ? "" : clientPath(module),
    hasDates: dates === "date",
    channels: channels.map((channel) => {
      const shared = responders.find(({ procedures }) => procedures.includes(channel));
      const steps = stepsOf(channel, shared, samples);
      return {
        name: channel.name,
        description: channel.doc.text === undefined ? "" : prose(channel.doc.text),
        subject: channel.key.isGiven ? "" : channel.key.subject,
        queue: (shared ?? channel).queue ?? "",
        parameters: channel.key.parameters.map(parameterView),
        isProcedure: channel.reply !== undefined,
        message: messagesText(channel.message),
        reply: channel.reply === undefined ? "" : messagesText(channel.reply),
        manyReplies: channel.manyReplies,
        module: literal(module),
        uses: steps.map(({ uses }) => uses),
        steps,
      };
    }),
  };
}

/** Import path of the client. */
function clientPath(module: string): string {
  return module.startsWith("./") ? module.replace("index", "client") : `${module}/client`;
}

function serverArguments({
  variables,
  credentials: all,
  credentialsOptional,
}: Server): readonly string[] {
  const credentials = credentialsOptional ? [] : all;
  const needed = variables
    .filter(({ fallback }) => fallback === undefined)
    .map(({ name, values }) => `${keyText(name)}: ${literal(values[0] ?? name)}`);
  const [kind] = credentials;
  return [
    ...(needed.length > 0 || (variables.length > 0 && kind !== undefined)
      ? [objectText(needed)]
      : []),
    ...(kind === undefined ? [] : [objectText(credentialsOf(kind))]),
  ];
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

/** The type of messages; empty if they have no payload. */
function messagesText(set: MessageSet): string {
  const single = singleOf(set);
  if (single === undefined) return `Channels.${set.unionType}`;
  return single.codec === "none" ? "" : typeText(single.type);
}

/** Something that a program can do with a channel. */
interface Step {
  readonly verb: "publish" | "subscribe" | "iterate" | "request" | "respond";
  /** The function of the SDK that does it. */
  readonly uses: string;
  readonly args: readonly string[];
}

/** Describes a program that uses every function of a channel. */
function stepsOf(
  channel: Channel,
  shared: Responder | undefined,
  samples: Samples,
): readonly (Step & object)[] {
  const { kind, name, base, iterator, key, sends, listens, manyReplies } = channel;
  const hasParams = key.paramsType !== undefined;
  const subject = key.isGiven ? ['"a.subject"'] : [];
  const one = ["nats", ...(hasParams ? [paramsText(key.parameters)] : subject)];
  const all = ["nats", ...(hasParams ? ["{}"] : subject)];
  const sent = [...one, ...payload(channel, samples)];
  const steps: readonly Step[] =
    kind === "procedure"
      ? [
          ...(sends ? [{ verb: "request", uses: `request${base}`, args: sent } as const] : []),
          ...(listens
            ? [{ verb: "respond", uses: `respond${shared?.base ?? base}`, args: all } as const]
            : []),
        ]
      : [
          ...(sends ? [{ verb: "publish", uses: `publish${base}`, args: sent } as const] : []),
          ...(listens
            ? ([
                { verb: "subscribe", uses: `subscribe${base}`, args: all },
                { verb: "iterate", uses: iterator, args: ["nats", ...subject] },
              ] as const)
            : []),
        ];
  return steps.map((step) => ({
    ...step,
    isPublish: step.verb === "publish",
    isSubscribe: step.verb === "subscribe",
    isIterate: step.verb === "iterate",
    isRequest: step.verb === "request",
    manyReplies,
    reply: replyText(channel, samples),
    procedure: shared === undefined ? "" : name,
  }));
}

/** The value that a responder returns; empty for none. */
function replyText({ reply }: Channel, samples: Samples): string {
  if (reply === undefined || messagesText(reply) === "") return "";
  return samples.ofMessages(reply) ?? "reply";
}

function payload({ message }: Channel, samples: Samples): readonly string[] {
  const single = singleOf(message);
  const headers = single?.headers;
  const isHeaded = headers?.fields.some(({ required }) => required);
  return [
    ...(single?.codec === "none" ? [] : [samples.ofMessages(message) ?? "message"]),
    ...(headers !== undefined && isHeaded ? [objectText([samples.headers(headers)])] : []),
  ];
}

/** Each parameter with a possible value. */
function paramsText(parameters: readonly Parameter[]): string {
  const entries = parameters
    .filter(({ fallback }) => fallback === undefined)
    .map(({ name, type }) => {
      const value = type === "string" ? name : type === "integer" ? 1 : type[0];
      return `${keyText(name)}: ${literal(value)}`;
    });
  return objectText(entries);
}

/** The document's Markdown without HTML. */
function prose(text: string): string {
  return text
    .trim()
    .replace(/\r\n?/g, "\n")
    .replace(/<(?=[a-z/!?])/gi, "&lt;")
    .replace(/^#/gm, "\\#")
    .replace(hiddenCharacters, (character) => (character === "\n" ? "\n" : " "));
}

function paragraph(text: string): string {
  return prose(text).replace(/\s+/g, " ");
}
