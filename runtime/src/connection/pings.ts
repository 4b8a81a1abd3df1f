import { inBackground } from "#platform";
import { inTime } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import type { WriteLoop } from "./write-loop.js";

/** Milliseconds after which messages are confirmed that nobody flushes. With the round trip, about a second. */
const CONFIRM = 900;

/** A written PING that waits for its PONG. */
interface Ping {
  /** Bytes written up to its end. */
  readonly position: number;
  /** `performance.now()` when it was written. */
  readonly writtenAt: number;
  /** Number of published messages written before it. */
  readonly writtenMessages: number;
  /** Resolves with the round trip in milliseconds. */
  readonly answered: Deferred<number>;
  /** Called at the PONG. */
  readonly effects: readonly (() => void)[];
}

/**
 * PINGs and their PONGs, which arrive in order. All calls within one turn of the event loop share one PING, written
 * behind everything of that turn.
 */
export class Pings {
  readonly #writeLoop: WriteLoop;
  #written: Ping[] = [];
  #asked: Deferred<number> | undefined;
  #effects: (() => void)[] = [];
  /** Called at each PONG with the bytes written up to the end of its PING. */
  beforeAnswer: (position: number) => void = () => {};
  #confirming: NodeJS.Timeout | undefined;
  /** Ends of the waits of {@link passed}. */
  readonly #passing = new Set<() => void>();

  /** @param writeLoop Writes the PINGs. */
  constructor(writeLoop: WriteLoop) {
    this.#writeLoop = writeLoop;
    writeLoop.beforeFlush = () => this.#write();
  }

  /** Called with each effect of a PONG, and calls it when everything that arrived before is delivered. */
  afterBacklog: (effect: () => void) => void = (effect) => effect();

  /** Number of PINGs that wait for their PONG. */
  get pending(): number {
    return this.#written.length + (this.#asked === undefined ? 0 : 1);
  }

  /** Sends a PING behind everything written in this turn. @returns The round trip in milliseconds. */
  ask(): Promise<number> {
    this.#asked ??= deferred();
    this.#writeLoop.wake();
    return this.#asked.promise;
  }

  /**
   * Waits until everything that the server sent before now is delivered, or can no longer arrive.
   *
   * @returns Settles with the PONG of a PING, or when the connection in use is lost; at once without a connection.
   */
  passed(): Promise<void> {
    if (!this.#writeLoop.connected) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#passing.delete(done);
        this.afterBacklog(resolve);
      };
      this.#passing.add(done);
      this.ask().then(done, done);
    });
  }

  /** Sends a PING. @returns `true` if the server answers within this number of milliseconds. */
  answered(within: number): Promise<boolean> {
    return inTime(this.ask(), within);
  }

  /**
   * Waits for the PONG of a PING that was sent ahead of all waiting bytes.
   *
   * @param position Bytes handed to the socket before the PING.
   * @param messages Number of published messages among them.
   * @param within Milliseconds to wait at most.
   * @returns `true` if the PONG arrives in time: the server has these messages then.
   */
  confirmed(position: number, messages: number, within: number): Promise<boolean> {
    const answered = deferred<number>();
    const waiting = this.#written.findIndex((ping) => ping.position > position);
    this.#written.splice(waiting === -1 ? this.#written.length : waiting, 0, {
      position,
      writtenAt: performance.now(),
      writtenMessages: messages,
      answered,
      effects: [],
    });
    return inTime(answered.promise, within);
  }

  /** Follows the removal of a waiting message. @param position Bytes written up to its end. @param bytes Its size. */
  removed(position: number, bytes: number): void {
    this.#written = this.#written.map((ping) =>
      ping.position < position
        ? ping
        : {
            ...ping,
            position: ping.position - bytes,
            writtenMessages: ping.writtenMessages - 1,
          },
    );
  }

  /** Calls a function at the next PONG that answers a PING written from now on. */
  atNextPong(effect: () => void): void {
    this.#effects.push(effect);
  }

  /** Handles a PONG. */
  pong(): void {
    const ping = this.#written.shift();
    if (ping === undefined) return;
    this.#writeLoop.confirmedMessages = Math.max(
      this.#writeLoop.confirmedMessages,
      ping.writtenMessages,
    );
    this.beforeAnswer(ping.position);
    for (const effect of ping.effects) this.afterBacklog(effect);
    ping.answered.resolve(performance.now() - ping.writtenAt);
  }

  /**
   * Rejects the PINGs of a lost connection.
   *
   * @param position Bytes handed to it; PINGs behind that will still be sent.
   * @param error The error for callers whose PONG will not arrive.
   */
  lost(position: number, error: Error): void {
    const gone = this.#written.filter((ping) => ping.position <= position);
    this.#written = this.#written.filter((ping) => ping.position > position);
    for (const ping of gone) {
      this.#effects = this.#effects.concat(ping.effects);
      ping.answered.reject(error);
    }
    for (const done of this.#passing) done();
    clearTimeout(this.#confirming);
    this.#confirming = undefined;
  }

  /** Rejects all PINGs at the end of the connection. */
  end(error: Error): void {
    this.lost(Number.POSITIVE_INFINITY, error);
    this.#effects = [];
    this.#asked?.reject(error);
    this.#asked = undefined;
  }

  /** Sends a PING later if there are messages that no PONG has confirmed: the rest is in doubt when the connection is lost. */
  #confirmLater(): void {
    const { writtenMessages, confirmedMessages, connected } = this.#writeLoop;
    if (writtenMessages === confirmedMessages || !connected) return;
    this.#confirming = inBackground(
      setTimeout(() => {
        this.#confirming = undefined;
        // One that is not answered says nothing new twice.
        if (this.#written.length > 0) this.#confirmLater();
        else if (this.#writeLoop.writtenMessages > this.#writeLoop.confirmedMessages) this.ask();
      }, CONFIRM),
    );
  }

  #write(): void {
    const answered = this.#asked;
    if (answered === undefined) {
      if (this.#confirming === undefined) this.#confirmLater();
      return;
    }
    this.#asked = undefined;
    this.#writeLoop.writer.ping();
    const effects = this.#effects;
    this.#effects = [];
    this.#written.push({
      position: this.#writeLoop.written,
      writtenAt: performance.now(),
      writtenMessages: this.#writeLoop.writtenMessages,
      answered,
      effects,
    });
  }
}
