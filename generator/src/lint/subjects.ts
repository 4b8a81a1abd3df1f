import type { Model } from "../model/build-sdk.js";
import type { SubjectKey } from "../model/sdk.js";
import type { SpecChannel } from "../model/specification.js";

/** A channel with its subject. */
interface Addressed {
  readonly key: SubjectKey;
  readonly channel: SpecChannel;
}

/** Finds addresses that have another meaning in NATS than their author intended. */
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
      message: `The parameter \`{${name}}\` of the address is not declared.`,
      fix: `Declare \`${name}\` in the channel's \`parameters\`, with a description.`,
    });
  }
  if (tokens.some((token) => token === "*" || token === ">")) {
    node.warn({
      code: "wildcard-address",
      message: `\`${key.address}\` contains a wildcard, so it can only be subscribed to.`,
      fix: "Make the token a parameter: a subscription without a value for it matches every value.",
    });
  }
  const partial = tokens.find((token) => /\{/.test(token) && !/^\{[^{}]*\}$/.test(token));
  if (partial !== undefined) {
    node.warn({
      code: "partial-token",
      message: `\`${partial}\` mixes text and parameters. The server cannot filter it: it sends all values of the token, and each subscriber must skip the others.`,
      fix: "Give the parameter its own token, between dots.",
    });
  }
  if (/^(?:\$|_INBOX\.)/.test(key.subject)) {
    node.warn({
      code: "reserved-subject",
      message: `\`${key.subject}\` starts like the subjects of the server (\`$\`) or like inboxes (\`_INBOX\`).`,
      fix: "Start the address with another word.",
    });
  }
}

/**
 * A subscriber of one of two overlapping channels gets messages of the other, and misinterprets
 * them.
 */
function checkOverlap(first: Addressed, second: Addressed): void {
  // The generator checks channels that differ only in their parameters.
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
    message: `\`${second.key.address}\` and \`${first.key.address}\` share subjects but have different messages. A subscriber of one also gets the messages of the other.`,
    fix: "Give them different tokens at the same position, or merge them into one channel with the messages of both.",
  });
}

/** Checks if a subject exists that matches both patterns. */
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
  // For two mixed tokens, the text before and after the parameter is enough.
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
