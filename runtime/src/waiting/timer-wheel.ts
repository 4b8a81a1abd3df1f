import { inBackground } from "#platform";

/** Milliseconds between two ticks of the wheel: the maximum delay of a deadline. */
const TICK = 10;
/**
 * Number of slots. A deadline beyond one rotation stays in its slot until its rotation has come.
 */
const PLACES = 512;

/** An item with a deadline, linked into one slot of the wheel. */
export abstract class Timed {
  /** The tick of its deadline. */
  tick = 0;
  next: Timed | undefined;
  previous: Timed | undefined;

  /** Called when the deadline has passed. */
  abstract late(): void;
}

class Place extends Timed {
  override late(): void {}
}

/**
 * Deadlines of many commands with one timer. Starting and ending one costs a few assignments;
 * separate timers would cost an allocation each.
 */
export class TimerWheel {
  readonly #places: Place[] = [];
  #tick = 0;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Starts a deadline.
   *
   * @param timed The item, which is not on the wheel yet.
   * @param milliseconds Time from now. The item is never late before that.
   */
  begin(timed: Timed, milliseconds: number): void {
    if (this.#timer === undefined) this.#start();
    // The wheel itself may be behind the clock if the event loop is busy.
    timed.tick = Math.ceil((performance.now() + milliseconds) / TICK);
    const place = this.#places[timed.tick % PLACES]!;
    timed.previous = place;
    timed.next = place.next;
    if (place.next !== undefined) place.next.previous = timed;
    place.next = timed;
    this.#count++;
  }

  /** Ends a deadline, also after it has passed. A second call has no effect. */
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
    // Not before it is used: many connections never send a request.
    while (this.#places.length < PLACES) this.#places.push(new Place());
    this.#tick = Math.floor(performance.now() / TICK);
    // A pending operation keeps the process alive by itself, so the timer must not.
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
      // One late item may have ended another.
      if (timed.previous === undefined) continue;
      this.end(timed);
      timed.late();
    }
    if (this.#count === 0) this.stop();
  }
}
