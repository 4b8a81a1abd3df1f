import { BoundedQueue, type Gate, type OnFull, type WhenFull } from "./bounded-queue.js";
import {
  Call,
  failCall,
  handle,
  type PendingCall,
  pendingCall,
  type Reporter,
  reportUnlessAwaited,
} from "./call.js";

type Result<T> = IteratorResult<T, undefined>;

/** Queue between a connection that delivers items and a loop that takes them. */
export abstract class BoundedIterator<T> implements AsyncIterableIterator<T>, AsyncDisposable {
  readonly #queue: BoundedQueue<T>;
  /** Steps of the loop that wait for an item. */
  readonly #waiting: PendingCall<Result<T>>[] = [];
  /** Calls that got the failure. */
  protected readonly failing: Call<unknown>[] = [];
  readonly #reporter: Reporter;
  #ended = false;
  #failure: unknown;

  /**
   * @param most Maximum number of waiting items.
   * @param whenFull Behaviour if the queue is full.
   * @param gate Pauses and resumes reading.
   * @param onFull Called when the queue is full, at most once until it is half empty.
   * @param reporter Gets the failure if nobody awaits a call that gets it.
   */
  constructor(most: number, whenFull: WhenFull, gate: Gate, onFull: OnFull, reporter: Reporter) {
    this.#reporter = reporter;
    this.#queue = new BoundedQueue(most, whenFull, gate, () => onFull(this.#queue));
  }

  /** Called when the program has left the loop. */
  protected abstract stop(): void;

  /** Items lost because the queue was full. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Adds an item. */
  push(item: T): void {
    if (this.#ended) return;
    const taker = this.#waiting.shift();
    if (taker === undefined) this.#queue.push(item);
    else taker.resolve({ done: false, value: item });
  }

  next(): Promise<Result<T>> {
    const item = this.#queue.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      const taken = pendingCall<Result<T>>();
      this.#fail(taken, failure);
      return taken.call;
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    const waiting = pendingCall<Result<T>>();
    this.#waiting.push(waiting);
    return waiting.call;
  }

  async return(): Promise<Result<T>> {
    this.stop();
    this.#queue.clear();
    this.end(undefined);
    this.#failure = undefined;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /**
   * Ends the loop after the waiting items. @param failure The reason, unless the program ended it.
   */
  end(failure: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.release();
    const [first, ...others] = this.#waiting.splice(0);
    if (failure === undefined) first?.resolve({ done: true, value: undefined });
    else if (first === undefined) this.#failure = failure;
    else this.#fail(first, failure);
    for (const waiting of others) waiting.resolve({ done: true, value: undefined });
    if (failure !== undefined) reportUnlessAwaited(this.failing, failure, this.#reporter);
  }

  #fail({ call, reject }: PendingCall<Result<T>>, failure: unknown): void {
    handle(call);
    this.failing.push(call);
    reject(failure);
  }
}

/** Step of a loop around another loop. Awaiting it counts as awaiting the step of that loop. */
class DerivedStep<T> extends Call<T> {
  /** Step of the innermost loop. */
  root: Call<unknown> = this;
}

Object.defineProperty(DerivedStep.prototype, "constructor", {
  get(this: DerivedStep<unknown>) {
    this.awaited = true;
    this.root.awaited = true;
    return Promise;
  },
});

/**
 * Makes the step of a loop around another loop. If nobody awaits it, the other loop reports the failure.
 *
 * @param source Step of the other loop.
 * @param map Returns the result of the step.
 * @param reporter Gets an error of `map` that nobody awaits.
 * @param onFailure Called with the failure of the other loop.
 */
export function derivedStep<A, B>(
  source: Promise<A>,
  map: (value: A) => B,
  reporter: Reporter,
  onFailure?: (error: unknown) => void,
): Promise<B> {
  if (!(source instanceof Call)) return source.then(map);
  let resolve!: (value: B) => void;
  let reject!: (reason: unknown) => void;
  const call = new DerivedStep<B>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  call.root = rootOf(source);
  watch(
    source as Call<A>,
    (value) => {
      try {
        resolve(map(value));
      } catch (error) {
        failCall(call, reject, error, reporter);
      }
    },
    (error) => {
      onFailure?.(error);
      // The innermost loop reports it if nobody awaits this step.
      watch(call, undefined, () => {});
      reject(error);
    },
  );
  return call;
}

function rootOf(call: Call<unknown>): Call<unknown> {
  return call instanceof DerivedStep ? call.root : call;
}

/** Uses a call without counting as somebody who awaits it. */
function watch<T>(
  call: Call<T>,
  onResolved: ((value: T) => void) | undefined,
  onRejected: (error: unknown) => void,
): void {
  const root = rootOf(call);
  const { awaited } = call;
  const { awaited: rootAwaited } = root;
  call.then(onResolved, onRejected);
  call.awaited = awaited;
  root.awaited = rootAwaited;
}
