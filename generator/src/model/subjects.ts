import { type DocumentNode, own } from "../document/node.js";
import { docOf, docOfSchema } from "./doc.js";
import { Names } from "./names.js";
import { isNats } from "./nats-servers.js";
import type { Parameter } from "./sdk.js";
import type { SpecChannel } from "./specification.js";
import { camelCase, words } from "./words.js";

/** An address in the form of NATS. */
export interface Subject {
  /** Tokens joined by `.`, with parameters in braces under their TypeScript names. */
  readonly subject: string;
  readonly parameters: readonly Parameter[];
  /** `true` if the address itself has wildcards. */
  readonly wild: boolean;
  /** The address in the document. */
  readonly address: string;
  /** `true` if there is no address, so that callers pass the subject. */
  readonly isGiven: boolean;
}

/** A subject with the channels that share it. */
export interface SubjectChannels {
  readonly subject: Subject;
  readonly channels: readonly SpecChannel[];
}

/**
 * Groups channels by their subjects: slashes or dots, and the names of parameters, make no
 * difference in NATS. The parameters of the first channel apply to all.
 *
 * @returns Groups in the order of their first channels, without addresses that are invalid in NATS,
 * which have been reported.
 */
export function subjectsOf(channels: readonly SpecChannel[]): readonly SubjectChannels[] {
  const found = new Map<string, { subject: Subject; channels: SpecChannel[] }>();
  for (const channel of channels) {
    const subject = subjectOf(channel);
    if (subject === undefined) continue;
    const identity = subject.isGiven ? channel.node.id : identityOf(subject);
    const same = found.get(identity);
    if (same !== undefined) {
      same.channels.push(channel);
      same.subject = withKeysOf(same.subject, subject);
      continue;
    }
    const other = [...found.values()].find((each) => overlap(each.subject, subject));
    if (other !== undefined) warnOverlap(channel, subject, other.subject);
    found.set(identity, { subject, channels: [channel] });
  }
  return [...found.values()];
}

/** A subject whose parameters also have their names from another channel. */
function withKeysOf(subject: Subject, { parameters }: Subject): Subject {
  return {
    ...subject,
    parameters: subject.parameters.map((parameter, i) => {
      const keys = new Set([...parameter.keys, ...(parameters[i]?.keys ?? [])]);
      return { ...parameter, keys: [...keys] };
    }),
  };
}

/** Checks if two subjects differ only in the values of parameters, and have a value in common. */
function overlap(a: Subject, b: Subject): boolean {
  const pattern = ({ subject }: Subject): string => subject.replace(/\{[^{}]*\}/g, "{}");
  if (a.isGiven || b.isGiven || pattern(a) !== pattern(b)) return false;
  return a.parameters.every(({ type }, i) => {
    const other = b.parameters[i]?.type;
    if (typeof type === "string" || other === undefined || typeof other === "string") return true;
    return type.map(String).some((value) => other.map(String).includes(value));
  });
}

function warnOverlap(channel: SpecChannel, { address }: Subject, other: Subject): void {
  channel.node.warn({
    code: "overlapping-subjects",
    message: `\`${address}\` and \`${other.address}\` can be the same subject: subscribers of one receive messages of the other.`,
    fix: "Give their parameters the same values, or give the addresses different tokens.",
  });
}

/**
 * Text that is equal for subjects with the same messages: parameters are represented by their
 * positions and values.
 */
function identityOf({ subject, parameters }: Subject): string {
  const names = parameters.map(({ name }) => name);
  const places = subject.replace(/\{([^{}]*)\}/g, (_, name) => `{${names.indexOf(name)}}`);
  return JSON.stringify([places, parameters.map(({ type, fallback }) => [type, fallback])]);
}

/**
 * Converts a channel's address to a subject: `/` becomes `.`; a leading and a trailing one are
 * removed.
 *
 * @returns Undefined for an address that is invalid in NATS, which has been reported.
 * @see https://docs.nats.io/nats-concepts/subjects
 */
function subjectOf(channel: SpecChannel): Subject | undefined {
  const bound = channel.node.get("bindings")?.get("nats")?.text("subject");
  const address = bound ?? channel.address;
  if (address === undefined)
    return { subject: "", parameters: [], wild: false, address: "", isGiven: true };
  const plain = address.replace(/\{[^{}]*\}/g, "x");
  const wild = /(?:^|[./])[*>](?:[./]|$)/.test(plain);
  const problem = /[{}]/.test(plain)
    ? "has a brace without a parameter"
    : address.includes("}{")
      ? "has two parameters without text between them"
      : address.includes("{}")
        ? "has a parameter without a name"
        : unfit(withoutOuterSlashes(plain).replaceAll("/", "."));
  if (problem !== undefined) {
    reportUnfit(channel, address, problem);
    return undefined;
  }
  const { subject, parameters } = fillIn(channel, withoutOuterSlashes(address));
  return { subject, parameters, wild, address, isGiven: false };
}

/** `/chat/` → `chat` */
function withoutOuterSlashes(address: string): string {
  return address.replace(/^\/|\/$/g, "");
}

/** Reason why a subject is invalid. */
function unfit(subject: string): string | undefined {
  if (subject === "") return "is empty";
  if (/[\s\p{Cc}]/u.test(subject)) return "contains white space or control characters";
  const tokens = subject.split(".");
  if (tokens.includes("")) return "contains an empty token";
  const tail = tokens.indexOf(">");
  if (tail >= 0 && tail < tokens.length - 1) return "continues after `>`";
  return undefined;
}

function reportUnfit(channel: SpecChannel, address: string, problem: string): void {
  const finding = {
    code: "unfit-address",
    message: `The address \`${address}\` ${problem}, so it is invalid in NATS.`,
    fix: "Change the address, or set the subject as `bindings.nats.subject`.",
  };
  // In a document without servers, a binding makes a channel a NATS channel.
  const isBound =
    channel.servers.length === 0 && channel.node.get("bindings")?.has("nats") === true;
  if (isBound || channel.servers.some(isNats)) channel.node.error(finding);
  else channel.node.warn({ ...finding, message: `${finding.message} The channel is skipped.` });
}

function fillIn(
  channel: SpecChannel,
  address: string,
): { subject: string; parameters: readonly Parameter[] } {
  const names = new Names([]);
  const byKey = new Map<string, Parameter>();
  const subject = address
    .split(/(\{[^{}]*\})/)
    .map((part) => {
      if (!part.startsWith("{")) return part.replaceAll("/", ".");
      const key = part.slice(1, -1);
      let parameter = byKey.get(key);
      if (parameter === undefined) {
        const parts = words(key);
        const name = names.take(camelCase(parts.length === 0 ? ["parameter"] : parts));
        parameter = readParameter(
          name,
          key,
          channel.parameters.find((node) => node.key === key),
        );
        byKey.set(key, parameter);
      }
      return `{${parameter.name}}`;
    })
    .join("");
  return { subject, parameters: [...byKey.values()] };
}

function readParameter(name: string, key: string, node: DocumentNode | undefined): Parameter {
  if (node === undefined)
    return { name, keys: [key], doc: docOf(), type: "string", fallback: undefined };
  // Version 2 has a schema in the parameter; version 3 has a few of its keywords.
  const schema = node.get("schema") ?? node;
  const { value } = schema.target;
  const isInteger = own(value, "type") === "integer" || own(value, "type") === "number";
  const allowed = own(value, "enum");
  const fallback = own(value, "default");
  const values = Array.isArray(allowed) ? tokens(schema, allowed) : [];
  const type = values.length > 0 ? values : isInteger ? "integer" : "string";
  return {
    name,
    keys: [key],
    doc: {
      ...docOfSchema(schema),
      text: node.text("description") ?? schema.text("description"),
      notes: [],
    },
    type,
    fallback: fallback === undefined ? undefined : fitting(schema, type, fallback),
  };
}

/** The default, if it is one of the parameter's values. */
function fitting(
  schema: DocumentNode,
  type: Parameter["type"],
  fallback: unknown,
): string | number | undefined {
  const [value] = tokens(schema, [fallback]);
  if (value === undefined) return undefined;
  const isFit =
    typeof type === "string"
      ? typeof value === (type === "integer" ? "number" : "string")
      : type.includes(value);
  if (isFit) return value;
  schema.warn({
    code: "unfit-default",
    message: `The default ${JSON.stringify(value)} is not one of the parameter's values; it is ignored.`,
    fix:
      typeof type === "string"
        ? "Use a value of the parameter's type."
        : "Use a value of its `enum`.",
  });
  return undefined;
}

/** Values that are valid in a subject; others are reported. */
function tokens(schema: DocumentNode, values: readonly unknown[]): readonly (string | number)[] {
  return values.flatMap((value): (string | number)[] => {
    if (typeof value === "number" && Number.isSafeInteger(value)) return [value];
    if (typeof value === "string" && /^[^\s\p{Cc}.*>]+$/u.test(value)) return [value];
    schema.warn({
      code: "unfit-value",
      message: `${JSON.stringify(value)} is not a valid token of a subject; it is ignored.`,
      fix: "Use values without `.`, `*`, `>`, white space or control characters.",
    });
    return [];
  });
}
