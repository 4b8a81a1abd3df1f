import { once } from "node:events";
import type {
  NatsConnection,
  NatsKey,
  NatsMessages,
  RequestOptions,
  SubscribeOptions,
} from "alternats";
import { Keys } from "./sdk/index.js";

/** What went through a connection, each by the channel's name. */
export interface Counts {
  /** Messages published. */
  readonly sent: Record<string, number>;
  /** Messages that a handler or a loop got. */
  readonly received: Record<string, number>;
  /** Requests made. */
  readonly asked: Record<string, number>;
  /** Requests that came and were answered. */
  readonly answered: Record<string, number>;
  /** Answers that came back; of events that are appended, the stream's acknowledgements. */
  readonly replied: Record<string, number>;
  /** Events that people were told of. */
  readonly notified: Record<string, number>;
}

/** What a program tells the demo. */
export type Report =
  | { readonly counts: Counts }
  | { readonly scores: Readonly<Record<string, number>> }
  | { readonly ready: true; readonly url?: string };

/** Tells the demo, where this program was started by it; the others need none of this. */
export function tell(report: Report): void {
  if (process.connected) process.send?.(report);
}

/** Resolves when the program is to end: Ctrl-C, SIGTERM, or the demo is gone. */
export async function stopped(): Promise<void> {
  await Promise.race([
    once(process, "SIGTERM"),
    // The demo decides who ends when: a Ctrl-C in its terminal reaches all programs at once.
    process.connected ? once(process, "disconnect") : once(process, "SIGINT"),
  ]);
}

if (process.connected) process.on("SIGINT", () => {});

const channels = Object.entries(Keys).map(([name, { template }]) => ({
  name,
  pattern: new RegExp(`^${template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^.]+")}$`),
}));

const TELL_EVERY = 100; // milliseconds

const counts: Counts = {
  sent: {},
  received: {},
  asked: {},
  answered: {},
  replied: {},
  notified: {},
};

/** Counts something of a channel, besides what {@link watched} sees. */
export function count(what: keyof Counts, channel: string): void {
  counts[what][channel] = (counts[what][channel] ?? 0) + 1;
}

/**
 * Counts what goes through a connection, for the demo. The functions of an SDK take whatever has the
 * commands of NATS, so the programs do not notice.
 *
 * @returns The connection, with its commands counted.
 */
export function watched(nats: NatsConnection): NatsConnection {
  const names = new Map<string, string>();

  const countOf = (what: keyof Counts, key: NatsKey | string): void => {
    const subject = typeof key === "string" ? key : key.subject;
    let name = names.get(subject);
    if (name === undefined) {
      name = channels.find(({ pattern }) => pattern.test(subject))?.name ?? "";
      names.set(subject, name);
    }
    // Streams have subjects of their own.
    if (name !== "") count(what, name);
  };
  const timer = setInterval(() => tell({ counts }), TELL_EVERY);

  const counted: Commands = {
    publish(key, ...rest) {
      countOf("sent", key);
      return nats.publish(key, ...rest);
    },
    post(key, ...rest) {
      countOf("sent", key);
      nats.post(key, ...rest);
    },
    subscribe(key, handler, options) {
      const counting: typeof handler = (value, message) => {
        countOf("received", message.subject);
        return handler(value, message);
      };
      return nats.subscribe(key, counting, options);
    },
    respond(key, handler, options) {
      const counting: typeof handler = async (value, message) => {
        const answer = await handler(value, message);
        countOf("answered", message.subject);
        return answer;
      };
      return nats.respond(key, counting, options);
    },
    async request<R, Q>(
      key: NatsKey | string,
      value?: Q,
      options?: RequestOptions<Q, R>,
    ): Promise<R> {
      countOf("asked", key);
      const answer = await nats.request<R, Q>(key, value, options);
      countOf("replied", key);
      return answer;
    },
    messages<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsMessages<T> {
      const messages = nats.messages<T>(key, options);
      const next = messages.next.bind(messages);
      messages.next = async () => {
        const result = await next();
        if (!result.done) countOf("received", result.value.subject);
        return result;
      };
      return messages;
    },
    async close() {
      await nats.close();
      clearInterval(timer);
      tell({ counts });
      // Listening for the demo's end keeps a program alive until it says goodbye.
      if (process.connected) process.disconnect();
    },
  };
  return new Proxy(nats, {
    get(target, name) {
      const of = Object.hasOwn(counted, name) ? counted : target;
      const member: unknown = Reflect.get(of, name, of);
      return typeof member === "function" ? member.bind(of) : member;
    },
  });
}

type Commands = Pick<
  NatsConnection,
  "publish" | "post" | "subscribe" | "respond" | "request" | "messages" | "close"
>;
