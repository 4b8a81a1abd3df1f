import type { Frame } from "../protocol/frame.js";
import type { Gate } from "../waiting/bounded-queue.js";
import { readingBudget } from "../waiting/turn-budget.js";
import { Backlog } from "./backlog.js";

/** Connection to a server, whose reading the gate stops and starts. */
interface Reader {
  /** Called when {@link ReadingGate.mayRead} may have changed. */
  update(): void;
}

/** Parts of the engine behind the gate. */
export interface GateOptions {
  /** Delivers a message to its subscription. */
  readonly deliver: (frame: Frame) => void;
  /** @returns `true` if a message is an answer to a request, by the number of its subscription. */
  readonly isAnswer: (sid: number) => boolean;
  /** @returns `true` if the connection waits for an answer or a PONG. */
  readonly isWaiting: () => boolean;
  /** Called when reading continues, with the number of messages dropped in the meantime. */
  readonly caughtUp: (dropped: number) => void;
}

/**
 * Gate of a connection's reading, closed while a queue is full. While the connection waits for an answer, it continues to
 * read; otherwise a handler that awaits a reply could never empty its queue. Other messages then wait in a
 * {@link Backlog}, so that each subscription still gets its messages in order.
 */
export class ReadingGate implements Gate {
  /** Number of received messages that were dropped. */
  missed = 0;
  /** `true` while {@link keep} gets the messages, because older ones wait or a queue is full. */
  diverting = false;
  /** Connection that reads. */
  reader: Reader | undefined;

  readonly #options: GateOptions;
  readonly #holders = new Set<object>();
  readonly #backlog: Backlog;
  #delivering = false;
  #effects: (() => void)[] = [];

  /** @param options Parts of the engine behind the gate. */
  constructor(options: GateOptions) {
    this.#options = options;
    this.#backlog = new Backlog((frame) => {
      options.deliver(frame);
      if (readingBudget.spend()) this.#backlog.stop();
    });
  }

  /** `true` while a queue is full. */
  get held(): boolean {
    return this.#holders.size > 0;
  }

  /** `true` if half of the backlog is full. */
  get strained(): boolean {
    return this.#backlog.halfFull;
  }

  /** `true` if the socket may be read. */
  get mayRead(): boolean {
    return this.held ? this.#options.isWaiting() : this.#backlog.size === 0;
  }

  hold(holder: object): void {
    this.#holders.add(holder);
    this.diverting = true;
    this.#backlog.stop();
    this.reader?.update();
  }

  release(holder: object): void {
    if (this.#holders.delete(holder) && !this.held) this.deliver();
  }

  lost(): void {
    this.missed++;
  }

  /** Delivers an answer; any other message waits for its turn. */
  keep(frame: Frame): void {
    if (this.#options.isAnswer(frame.sid)) this.#options.deliver(frame);
    else if (!this.#backlog.add(frame)) this.missed++;
  }

  /** Delivers the messages that wait, as far as no queue is full and this turn allows; then reading goes on. */
  deliver(): void {
    if (this.held || this.#delivering) return;
    this.#delivering = true;
    readingBudget.begin();
    if (!readingBudget.spent) this.#backlog.deliver();
    readingBudget.end();
    this.#delivering = false;
    if (this.held) return;
    if (this.#backlog.size > 0) readingBudget.next(() => this.deliver());
    else this.#caughtUp();
  }

  /** Discards the messages that wait, at the end of the connection. */
  clear(): void {
    this.#backlog.clear();
    if (!this.held) this.#caughtUp();
  }

  /** Calls a function when everything that was received before is delivered; at once if nothing waits. */
  afterBacklog(effect: () => void): void {
    if (this.#backlog.size === 0) effect();
    else this.#effects.push(effect);
  }

  #caughtUp(): void {
    const { dropped } = this.#backlog;
    this.#backlog.dropped = 0;
    this.diverting = false;
    this.#options.caughtUp(dropped);
    const effects = this.#effects;
    this.#effects = [];
    for (const effect of effects) effect();
    this.reader?.update();
  }
}
