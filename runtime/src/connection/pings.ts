import { inTime } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import type { WriteLoop } from "./write-loop.js";

/** A PING that was written, and what its PONG means. */
interface Ping {
  /** Bytes written up to and with it. */
  readonly position: number;
  /** `performance.now()` when it was written. */
  readonly writtenAt: number;
  /** Published messages written before it. */
  readonly writtenMessages: number;
  /** Settled with the round trip in milliseconds. */
  readonly answered: Deferred<number>;
  /** Called at the PONG. */
  readonly effects: readonly (() => void)[];
}

/**
 * PINGs and their PONGs, which come back in order. All who ask within one turn of the event loop share
 * one PING, written behind everything of that turn.
 */
export class Pings {
  readonly #writeLoop: WriteLoop;
  #written: Ping[] = [];
  #asked: Deferred<number> | undefined;
  #effects: (() => void)[] = [];

  /** @param writeLoop Where PINGs are written. */
  constructor(writeLoop: WriteLoop) {
    this.#writeLoop = writeLoop;
    writeLoop.beforeFlush = () => this.#write();
  }

  /** @returns The round trip in milliseconds of a PING behind all that was written in this turn. */
  ask(): Promise<number> {
    this.#asked ??= deferred();
    this.#writeLoop.wake();
    return this.#asked.promise;
  }

  /** @returns Whether the server answers a PING within so many milliseconds. */
  answered(within: number): Promise<boolean> {
    return inTime(this.ask(), within);
  }

  /**
   * A PING was sent past all that waits, right behind what had been handed over.
   *
   * @param position Bytes that had been handed over.
   * @param messages Published messages that had been.
   * @param within Milliseconds.
   * @returns Whether its PONG comes in time: the server has all of it then.
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

  /** A message that waited is gone. @param position Bytes written up to and with it. @param bytes How many it had. */
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

  /** Has something done at the next PONG that answers a PING written from now on. */
  atNextPong(effect: () => void): void {
    this.#effects.push(effect);
  }

  /** A PONG arrived. */
  pong(): void {
    const ping = this.#written.shift();
    if (ping === undefined) return;
    this.#writeLoop.confirmedMessages = Math.max(
      this.#writeLoop.confirmedMessages,
      ping.writtenMessages,
    );
    for (const effect of ping.effects) effect();
    ping.answered.resolve(performance.now() - ping.writtenAt);
  }

  /**
   * The connection is lost.
   *
   * @param position Up to where bytes had been handed to it; PINGs behind that will still be sent.
   * @param error What those get who wait for a PONG that will not come.
   */
  lost(position: number, error: Error): void {
    const gone = this.#written.filter((ping) => ping.position <= position);
    this.#written = this.#written.filter((ping) => ping.position > position);
    for (const ping of gone) {
      this.#effects = this.#effects.concat(ping.effects);
      ping.answered.reject(error);
    }
  }

  /** Nothing will be sent any more. @param error What all get who wait. */
  end(error: Error): void {
    this.lost(Number.POSITIVE_INFINITY, error);
    this.#effects = [];
    this.#asked?.reject(error);
    this.#asked = undefined;
  }

  #write(): void {
    const answered = this.#asked;
    if (answered === undefined) return;
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
