import { inBackground } from "#platform";

/** Milliseconds between two looks at the wheel: how much later than asked a deadline may be noticed. */
const TICK = 10;
/** Places of the wheel; a deadline beyond one turn stays in its place until its turn has come. */
const PLACES = 512;

/** Something with a deadline, linked into one place of the wheel. */
export abstract class Timed {
  /** The tick at which it is late. */
  tick = 0;
  next: Timed | undefined;
  previous: Timed | undefined;

  /** The deadline has passed. */
  abstract late(): void;
}

class Place extends Timed {
  override late(): void {}
}

/**
 * Deadlines of many commands with one timer: beginning and ending one costs a few assignments, where a
 * timer of its own would cost an allocation each.
 */
export class TimerWheel {
  readonly #places: Place[] = [];
  #tick = 0;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    for (let i = 0; i < PLACES; i++) this.#places.push(new Place());
  }

  /**
   * Begins a deadline.
   *
   * @param timed What is late when it passes; not on the wheel yet.
   * @param milliseconds From now. It is never late before that.
   */
  begin(timed: Timed, milliseconds: number): void {
    if (this.#timer === undefined) this.#start();
    // The wheel itself may be behind the time when the event loop is busy.
    timed.tick = Math.ceil((performance.now() + milliseconds) / TICK);
    const place = this.#places[timed.tick % PLACES]!;
    timed.previous = place;
    timed.next = place.next;
    if (place.next !== undefined) place.next.previous = timed;
    place.next = timed;
    this.#count++;
  }

  /** Ends a deadline, whether it has passed or not. Ending twice does nothing. */
  end(timed: Timed): void {
    const { previous, next } = timed;
    if (previous === undefined) return;
    previous.next = next;
    if (next !== undefined) next.previous = previous;
    timed.previous = undefined;
    timed.next = undefined;
    this.#count--;
  }

  /** Stops the timer. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#tick = Math.floor(performance.now() / TICK);
    // What is waited for keeps the process alive, the clock need not.
    this.#timer = inBackground(setInterval(() => this.#turn(), TICK));
  }

  #turn(): void {
    const now = Math.floor(performance.now() / TICK);
    const late: Timed[] = [];
    for (let tick = Math.max(this.#tick + 1, now - PLACES + 1); tick <= now; tick++) {
      let timed = this.#places[tick % PLACES]!.next;
      for (; timed !== undefined; timed = timed.next) if (timed.tick <= now) late.push(timed);
    }
    this.#tick = now;
    for (const timed of late) {
      // One that was late may have ended another.
      if (timed.previous === undefined) continue;
      this.end(timed);
      timed.late();
    }
    if (this.#count === 0) this.stop();
  }
}
