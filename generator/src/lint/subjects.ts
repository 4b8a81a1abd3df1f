import type { Model } from "../model/build-sdk.js";
import type { SubjectKey } from "../model/sdk.js";
import type { SpecChannel } from "../model/specification.js";

/** A channel with its subject. */
interface Addressed {
  readonly key: SubjectKey;
  readonly channel: SpecChannel;
}

/** Finds addresses that do on NATS what their author did not mean. */
export function checkSubjects({ sdk, sources }: Model): void {
  const all = new Map<SubjectKey, Addressed>();
  for (const [{ key }, { channel }] of sources) {
    if (!key.isGiven) all.set(key, { key, channel });
  }
  const addressed = sdk.keys.flatMap((key) => all.get(key) ?? []);
  for (const each of addressed) checkAddress(each);
  for (const [i, first] of addressed.entries()) {
    for (const second of addressed.slice(i + 1)) checkOverlap(first, second);
  }
}

function checkAddress({ key, channel }: Addressed): void {
  const { node } = channel;
  const tokens = key.subject.split(".");
  const declared = new Set(channel.parameters.map((parameter) => parameter.key));
  for (const [, name = ""] of key.address.matchAll(/\{([^{}]*)\}/g)) {
    if (declared.has(name)) continue;
    node.warn({
      code: "undeclared-parameter",
      message: `\`{${name}}\` of the address is not among the channel's parameters.`,
      fix: `Declare \`${name}\` under \`parameters\`, with a description.`,
    });
  }
  if (tokens.some((token) => token === "*" || token === ">")) {
    node.warn({
      code: "wildcard-address",
      message: `\`${key.address}\` holds a wildcard: it is for listening only.`,
      fix: "Make the token a parameter: left out when subscribing, it stands for every value.",
    });
  }
  const partial = tokens.find((token) => /\{/.test(token) && !/^\{[^{}]*\}$/.test(token));
  if (partial !== undefined) {
    node.warn({
      code: "partial-token",
      message: `\`${partial}\` mixes text and parameters; the server sends all of the token's values, to be sorted out by each subscriber.`,
      fix: "Give the parameter a token of its own, between dots.",
    });
  }
  if (/^(?:\$|_INBOX\.)/.test(key.subject)) {
    node.warn({
      code: "reserved-subject",
      message: `\`${key.subject}\` begins as subjects of the server (\`$\`) or of requests (\`_INBOX\`) do.`,
      fix: "Begin with a word of your own.",
    });
  }
}

/** Whoever listens to one of two overlapping channels gets messages of the other, and misreads them. */
function checkOverlap(first: Addressed, second: Addressed): void {
  // Where only their parameters differ, the generator has judged these.
  const pattern = ({ key }: Addressed): string => key.subject.replace(/\{[^{}]*\}/g, "{}");
  if (pattern(first) === pattern(second)) return;
  if (!overlap(first.key.subject.split("."), second.key.subject.split("."))) return;
  const messages = ({ channel }: Addressed): string =>
    channel.messages
      .map(({ node }) => node.target.id)
      .sort()
      .join();
  if (messages(first) === messages(second)) return;
  second.channel.node.warn({
    code: "overlapping-subjects",
    message: `\`${second.key.address}\` and \`${first.key.address}\` share subjects, and carry different messages: who subscribes to one gets the other's too.`,
    fix: "Give them tokens that differ at the same place, or one channel with the messages of both.",
  });
}

/** Whether there is a subject that both patterns match. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return false;
    if (x === ">" || y === ">") return true;
    if (!tokensMeet(x, y)) return false;
  }
  return true;
}

function tokensMeet(a: string, b: string): boolean {
  if (isAnything(a) || isAnything(b)) return true;
  if (!a.includes("{")) return matches(b, a);
  if (!b.includes("{")) return matches(a, b);
  // Of two mixed tokens, what stands in front and behind tells enough.
  const [, headA = "", tailA = ""] = /^([^{]*).*?([^}]*)$/.exec(a) ?? [];
  const [, headB = "", tailB = ""] = /^([^{]*).*?([^}]*)$/.exec(b) ?? [];
  const meets = (x: string, y: string, at: "startsWith" | "endsWith"): boolean =>
    x[at](y) || y[at](x);
  return meets(headA, headB, "startsWith") && meets(tailA, tailB, "endsWith");
}

function isAnything(token: string): boolean {
  return token === "*" || /^\{[^{}]*\}$/.test(token);
}

function matches(pattern: string, text: string): boolean {
  if (!pattern.includes("{")) return pattern === text;
  const parts = pattern
    .split(/\{[^{}]*\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`).test(text);
}
