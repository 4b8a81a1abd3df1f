import type {
  NatsConnection,
  NatsKey,
  NatsMessages,
  RequestOptions,
  SubscribeOptions,
} from "alternats";
import { Keys } from "./sdk/index.js";

/** Counts of a connection, by the channel's name. */
export interface Counts {
  /** Messages published. */
  readonly sent: Record<string, number>;
  /** Messages delivered to a handler or a loop. */
  readonly received: Record<string, number>;
  /** Requests sent. */
  readonly asked: Record<string, number>;
  /** Requests received and answered. */
  readonly answered: Record<string, number>;
  /** Replies received; for appended events, the stream's acknowledgements. */
  readonly replied: Record<string, number>;
  /** Events in notifications. */
  readonly notified: Record<string, number>;
}

/** Message of a program to the demo. */
export type Report =
  | { readonly counts: Counts }
  | { readonly scores: Readonly<Record<string, number>> }
  | { readonly ready: true; readonly url?: string };

/** Sends a report to the demo, if it started this program. */
export function tell(report: Report): void {
  if (process.connected) process.send?.(report);
}

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

/** Counts an event of a channel, in addition to those that {@link watched} counts. */
export function count(what: keyof Counts, channel: string): void {
  counts[what][channel] = (counts[what][channel] ?? 0) + 1;
}

/**
 * Counts the messages of a connection for the demo. The functions of an SDK accept any object with
 * the commands of NATS, so the programs need no change. `drain` ends the counting.
 *
 * @returns The connection, with counted commands.
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
    // Streams have their own subjects.
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
    async drain(options) {
      await nats.drain(options);
      clearInterval(timer);
      tell({ counts });
      // Listening for the demo's end would keep the program alive.
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
  "publish" | "post" | "subscribe" | "respond" | "request" | "messages" | "drain"
>;
