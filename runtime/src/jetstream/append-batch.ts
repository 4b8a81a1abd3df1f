import { checkOptions } from "../arguments.js";
import type { NatsCommand } from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { Channel } from "../sdk/channel.js";
import type { NoHeaders } from "../sdk/headers.js";
import type { SentHeaders } from "../sdk/send.js";
import type { Key } from "../sdk/subject.js";
import { checkCount, checkTimeout } from "../waiting/deadline.js";
import { sleep } from "../waiting/sleep.js";
import { isThenable } from "../waiting/thenable.js";
import { isTemporary, RETRY_PAUSE } from "./api.js";
import {
  type Appended,
  type AppendOptions,
  attempt,
  DEFAULT_TIMEOUT,
  explained,
  isInDoubt,
  sending,
  timelyError,
} from "./append.js";
import type { AnyChannel, ChannelLike } from "./reading.js";

interface BatchContent<T, H> extends Pick<AppendOptions, "messageId" | "expect"> {
  /** The payload. */
  readonly message: T;
  /** The headers. */
  readonly headers?: SentHeaders<H>;
}

interface BatchPlace<P> {
  /** The parameters, or a key that the subject made of them. */
  readonly params: P | Key<P>;
}

/** A message of a batch, with the parameters of its subject where it has some. */
export type BatchItem<P, T, H = NoHeaders> = BatchContent<T, H> &
  ([keyof P] extends [never] ? unknown : BatchPlace<P>);

/** A message of a batch for a channel `C`. */
export type BatchItemOf<C> =
  C extends Channel<infer P, infer T, infer H> ? BatchItem<P, T, H> : never;

/** What became of a message of a batch: it was stored, or it was not. */
export type BatchResult<I> =
  | { readonly item: I; readonly appended: Appended; readonly error?: never }
  | { readonly item: I; readonly appended?: never; readonly error: unknown };

/** How to append a batch. */
export interface BatchOptions extends Pick<AppendOptions, "signal"> {
  /** How many messages may wait for the stream's answer; 256 by default. */
  readonly inFlight?: number;
  /** Milliseconds for all attempts with one message; 5,000 by default. */
  readonly timeout?: number;
}

type Items<I> = Iterable<I> | AsyncIterable<I>;

/**
 * Appends messages, many at a time and in order. When the connection is lost, or no answer comes for 2 seconds,
 * those with a `messageId` are sent again in the same order before anything behind them.
 *
 * ```ts
 * for await (const { item, error } of appendBatch(nats, Channels.playerHit, hits)) {
 *   if (error !== undefined) console.error(item.messageId, error);
 * }
 * ```
 *
 * @param channel The channel of the messages.
 * @param items What to append; read as there is room.
 * @returns The results in the order of the items. Nothing is sent before it is iterated, and no more once
 *   the loop is left. It throws what the items throw, and the signal's reason.
 * @throws InvalidArgumentError for options that cannot be.
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
  readonly deadline: number;
  key: NatsKey | string = "";
  outcome: BatchResult<AnyItem> | undefined;
  settled!: Promise<void>;

  constructor(item: AnyItem, deadline: number) {
    this.item = item;
    this.deadline = deadline;
  }

  /** Whether it is not stored, but may be yet. */
  get hopeful(): boolean {
    const error = this.outcome?.error;
    if (error === undefined || performance.now() >= this.deadline) return false;
    return isTemporary(error) || isInDoubt(error, this.item);
  }
}

async function* run(
  nats: NatsCommand,
  channel: AnyChannel,
  items: Items<AnyItem>,
  inFlight: number,
  options: BatchOptions,
): AsyncGenerator<BatchResult<AnyItem>, void> {
  const { timeout = DEFAULT_TIMEOUT, signal } = options;
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
    const slot = new Slot(result.value, performance.now() + timeout);
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
      if (head.hopeful) {
        // What is behind it must not overtake it: all come to rest before any is sent again.
        await Promise.all(window.slice(first).map(({ settled }) => settled));
        if (isTemporary(head.outcome.error)) await sleep(RETRY_PAUSE, signal);
        for (const slot of window.slice(first)) if (slot.hopeful) send(slot);
        if (head.outcome === undefined) continue;
      }
      const outcome = head.outcome;
      first++;
      if (first === inFlight) {
        window.splice(0, first);
        first = 0;
      }
      if (outcome.error === undefined) yield outcome;
      else {
        const error = timelyError(head.key, outcome.error, timeout);
        yield { item: head.item, error: await explained(nats, head.key, error) };
      }
    }
  } finally {
    // Nothing more is asked for, and the source may clean up.
    if (!ended) await source.return?.();
  }
}

/** What a source throws is told after the results of what it gave before. */
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
  { signal }: BatchOptions,
): Promise<BatchResult<AnyItem>> {
  const { item } = slot;
  try {
    slot.key = channel.subject.address(item.params);
    const { messageId, expect, headers } = item;
    const sent = sending(channel, {
      messageId,
      expect,
      headers,
      signal,
      timeout: Math.max(1, slot.deadline - performance.now()),
    });
    return {
      item,
      appended: await attempt(nats, slot.key, item.message, {
        ...sent,
        // What is sent again must not be overtaken by what still waited to be sent.
        sameConnection: true,
      }),
    };
  } catch (error) {
    return { item, error };
  }
}
