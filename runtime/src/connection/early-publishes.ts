import { BatchError, type NatsError } from "../errors.js";
import {
  type Call,
  failCall,
  handle,
  type PendingCall,
  pendingCall,
  type Reporter,
} from "../waiting/call.js";

/** A publish before the first connection. */
interface EarlyPublish extends PendingCall<void> {
  /** Bytes written up to the end of each of its messages. */
  readonly ends: readonly number[];
  /** `true` if none of its messages may be sent without the others. */
  readonly batch: boolean;
}

/** Publishes before the first connection. They wait for the server, whose limits are not known yet. */
export class EarlyPublishes {
  readonly #reporter: Reporter;
  #waiting: EarlyPublish[] = [];

  /** @param reporter Gets the error of a publish that nobody awaits. */
  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /**
   * Adds a publish.
   *
   * @param ends Bytes written up to the end of each of its messages.
   * @param batch `true` for a batch.
   * @returns Settles when the server is there and takes the messages, or when they cannot be sent.
   */
  add(ends: readonly number[], batch: boolean): Call<void> {
    const publish = { ...pendingCall(), ends, batch };
    this.#waiting.push(publish);
    return publish.call;
  }

  /**
   * Rejects the publishes with messages that the server does not take.
   *
   * @param unfit Errors of these messages by the bytes written up to their ends. The other messages of their batches
   *   are added.
   * @returns The ends of all messages whose publish was rejected.
   */
  refuse(unfit: Map<number, NatsError>): ReadonlySet<number> {
    const refused = new Set<number>();
    this.#waiting = this.#waiting.filter(({ call, reject, ends, batch }) => {
      const index = ends.findIndex((end) => unfit.has(end));
      if (index === -1) return true;
      const cause = unfit.get(ends[index]!)!;
      const error = batch ? new BatchError(index, cause) : cause;
      for (const end of ends) {
        unfit.set(end, error);
        refused.add(end);
      }
      failCall(call, reject, error, this.#reporter);
      return false;
    });
    return refused;
  }

  /** Follows the first connection. */
  opened(): void {
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting = [];
  }

  /**
   * Rejects all publishes: there is no connection. Messages whose publish nobody awaits are not reported here.
   *
   * @returns Number of messages whose publish is awaited.
   */
  failed(error: NatsError): number {
    let told = 0;
    for (const { call, reject, ends } of this.#waiting) {
      if (call.awaited) told += ends.length;
      else handle(call);
      reject(error);
    }
    this.#waiting = [];
    return told;
  }
}
