import { checkOptions } from "../arguments.js";
import type { NatsCommand } from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { Channel } from "../sdk/channel.js";
import type { NoHeaders } from "../sdk/headers.js";
import type { SentHeaders } from "../sdk/send.js";
import type { Key } from "../sdk/subject.js";
import { checkCount, checkTimeout } from "../waiting/deadline.js";
import { isThenable } from "../waiting/thenable.js";
import type { Appended } from "./append-answer.js";
import { type AppendOptions, attempt, DEFAULT_TIMEOUT, sending } from "./append-attempt.js";
import type { AnyChannel, ChannelLike } from "./reading.js";
import { Unconfirmed } from "./unconfirmed.js";

interface BatchContent<T, H> extends Pick<AppendOptions, "messageId" | "expect"> {
  /** The payload. */
  readonly message: T;
  /** The headers. */
  readonly headers?: SentHeaders<H>;
}

interface BatchPlace<P> {
  /** The parameters, or a key of the subject. */
  readonly params: P | Key<P>;
}

/** A message of a batch, with the parameters of its subject where it has some. */
export type BatchItem<P, T, H = NoHeaders> = BatchContent<T, H> &
  ([keyof P] extends [never] ? unknown : BatchPlace<P>);

/** A message of a batch for a channel `C`. */
export type BatchItemOf<C> =
  C extends Channel<infer P, infer T, infer H> ? BatchItem<P, T, H> : never;

/**
 * Result for a message of a batch: it was stored, or not. Only AppendInDoubtError means that this
 * is unknown.
 */
export type BatchResult<I> =
  | { readonly item: I; readonly appended: Appended; readonly error?: never }
  | { readonly item: I; readonly appended?: never; readonly error: unknown };

/** Options of appending a batch. */
export interface BatchOptions extends Pick<AppendOptions, "signal"> {
  /** Maximum number of messages that wait for an acknowledgement; default 256. */
  readonly inFlight?: number;
  /** Milliseconds for all attempts with one message; default 5,000. */
  readonly timeout?: number;
}

type Items<I> = Iterable<I> | AsyncIterable<I>;

/**
 * Appends messages in order, with many in flight. If the connection is lost, no reply arrives
 * within 2 seconds, or JetStream is unavailable, the engine sends them again in the same order,
 * before later ones and within their `timeout`. Messages with `messageId: false` are sent again only
 * if they were certainly not stored.
 *
 * ```ts
 * for await (const { item, error } of appendBatch(nats, Channels.playerHit, hits)) {
 *   if (error !== undefined) console.error(item.message, error);
 * }
 * ```
 *
 * @param channel The channel of the messages.
 * @param items The messages; read whenever there is room.
 * @returns The results in the order of the items. Nothing is sent before the iteration starts, or
 * after the loop was left. It throws the errors of `items`, and the signal's reason.
 * @throws InvalidArgumentError for invalid options.
 */
export function appendBatch<C extends ChannelLike, I extends BatchItemOf<C>>(
  nats: NatsCommand,
  channel: C,
  items: Items<I & BatchItemOf<C>>,
  options?: BatchOptions,
): AsyncGenerator<BatchResult<I>, void>;
export function appendBatch(
  nats: NatsCommand,
  channel: AnyChannel,
  items: Items<AnyItem>,
  options: BatchOptions = {},
): AsyncGenerator<BatchResult<AnyItem>, void> {
  checkOptions(options);
  const { inFlight = 256, timeout = DEFAULT_TIMEOUT } = options;
  checkCount("inFlight", inFlight);
  checkTimeout(timeout);
  return run(nats, channel, items, inFlight, options);
}

type AnyItem = BatchContent<unknown, unknown> & { readonly params?: unknown };

/** A message on its way. */
class Slot {
  readonly item: AnyItem;
  /** Time at which its first attempt began. */
  readonly begun = performance.now();
  key: NatsKey | string = "";
  /** Its id for all attempts; `false` for none, `undefined` before the first attempt. */
  messageId: string | false | undefined;
  outcome: BatchResult<AnyItem> | undefined;
  /** Knowledge about its state; `undefined` before the first failed attempt. */
  unconfirmed: Unconfirmed | undefined;
  settled!: Promise<void>;

  constructor(item: AnyItem) {
    this.item = item;
    this.messageId = item.messageId;
  }

  /** `true` if it is not stored but may be later. */
  get hopeful(): boolean {
    return this.outcome?.error !== undefined && this.unconfirmed?.hopeful === true;
  }
}

async function* run(
  nats: NatsCommand,
  channel: AnyChannel,
  items: Items<AnyItem>,
  inFlight: number,
  options: BatchOptions,
): AsyncGenerator<BatchResult<AnyItem>, void> {
  const { signal } = options;
  const source =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const window: Slot[] = [];
  let first = 0;
  let next: Promise<void> | undefined;
  let ready: IteratorResult<AnyItem> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let ended = false;

  const send = (slot: Slot): void => {
    slot.outcome = undefined;
    slot.settled = attemptSlot(nats, channel, slot, options).then((outcome) => {
      slot.outcome = outcome;
    });
  };
  const take = (result: IteratorResult<AnyItem>): void => {
    if (result.done) {
      ended = true;
      return;
    }
    const slot = new Slot(result.value);
    window.push(slot);
    send(slot);
  };

  try {
    for (;;) {
      signal?.throwIfAborted();
      if (ready !== undefined) {
        take(ready);
        ready = undefined;
      }
      while (
        !ended &&
        failure === undefined &&
        next === undefined &&
        window.length - first < inFlight
      ) {
        const result = attemptNext(source);
        if ("error" in result) {
          failure = result;
          break;
        }
        if (!isThenable(result)) {
          take(result);
          continue;
        }
        next = result.then(
          (value) => {
            ready = value;
            next = undefined;
          },
          (error: unknown) => {
            failure = { error };
            next = undefined;
          },
        );
      }
      const head = window[first];
      if (head === undefined) {
        if (failure !== undefined) throw failure.error;
        if (ended) return;
        await next;
        continue;
      }
      if (head.outcome === undefined) {
        await (next === undefined ? head.settled : Promise.race([head.settled, next]));
        continue;
      }
      const { unconfirmed } = head;
      if (head.outcome.error !== undefined && unconfirmed !== undefined) {
        // Later messages must not overtake it: all must settle before any is sent again.
        if (head.hopeful) await Promise.all(window.slice(first).map(({ settled }) => settled));
        if (await unconfirmed.mayBeSentAgain()) {
          for (const slot of window.slice(first)) if (slot.hopeful || slot === head) send(slot);
          continue;
        }
      }
      const outcome = head.outcome;
      first++;
      if (first === inFlight) {
        window.splice(0, first);
        first = 0;
      }
      yield outcome.error === undefined
        ? outcome
        : { item: head.item, error: unconfirmed === undefined ? outcome.error : unconfirmed.error };
    }
  } finally {
    // The loop needs no more items, so the source may clean up.
    if (!ended) await source.return?.();
  }
}

/** Delays an error of the source until the results of its earlier items were delivered. */
function attemptNext(
  source: Iterator<AnyItem> | AsyncIterator<AnyItem>,
): IteratorResult<AnyItem> | Promise<IteratorResult<AnyItem>> | { readonly error: unknown } {
  try {
    return source.next();
  } catch (error) {
    return { error };
  }
}

async function attemptSlot(
  nats: NatsCommand,
  channel: AnyChannel,
  slot: Slot,
  { timeout = DEFAULT_TIMEOUT, signal }: BatchOptions,
): Promise<BatchResult<AnyItem>> {
  const { item, begun } = slot;
  try {
    slot.key = channel.subject.address(item.params);
    const { expect, headers } = item;
    const sent = sending(channel, {
      messageId: slot.messageId,
      expect,
      headers,
      signal,
      timeout: Math.max(1, begun + timeout - performance.now()),
    });
    slot.messageId = sent.messageId ?? false;
    return {
      item,
      appended: await attempt(nats, slot.key, item.message, {
        ...sent,
        // Messages that are sent again must not be overtaken by those that still wait to be sent.
        sameConnection: true,
      }),
    };
  } catch (error) {
    const messageId = slot.messageId || undefined;
    slot.unconfirmed ??= new Unconfirmed(nats, String(slot.key), {
      messageId,
      timeout,
      begun,
      signal,
    });
    slot.unconfirmed.failed(error);
    return { item, error };
  }
}
