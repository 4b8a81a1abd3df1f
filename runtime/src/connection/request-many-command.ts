import type { NatsError } from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { Timed, type TimerWheel } from "../waiting/timer-wheel.js";
import { replyFailure, type WaitingRequest } from "./request-command.js";

/** Who gets the answers. */
export interface ReplyReceiver {
  /** An answer arrived. The frame is borrowed. Never throws. */
  receive(frame: Frame): void;
  /** A responder said that it failed. Others may still answer. Never throws. */
  report(error: NatsError): void;
  /** No more answers come. @param failure Why, unless that was to be expected. */
  end(failure: unknown): void;
}

/** When there are no more answers to wait for. Times are in milliseconds. */
export interface ReplyLimits {
  /** For all of them together. */
  readonly timeout: number;
  /** How many there can be. */
  readonly max: number;
  /** Between one and the next. */
  readonly stall: number | undefined;
}

/**
 * A request that waits for several answers, until one of its limits is reached.
 *
 * @see ADR-47, request many
 */
export class RequestManyCommand extends Timed implements WaitingRequest {
  busy = true;
  token: number;
  position = 0;

  readonly key: NatsKey | string;
  readonly #receiver: ReplyReceiver;
  readonly #limits: ReplyLimits;
  readonly #wheel: TimerWheel;
  readonly #released: () => void;
  readonly #stall: Stall;
  #received = 0;

  /**
   * @param token The number in the reply subject.
   * @param key The subject of the request.
   * @param receiver Gets the answers.
   * @param limits When there are no more.
   * @param wheel Where the times are kept.
   * @param released Called when it is done.
   */
  constructor(
    token: number,
    key: NatsKey | string,
    receiver: ReplyReceiver,
    limits: ReplyLimits,
    wheel: TimerWheel,
    released: () => void,
  ) {
    super();
    this.token = token;
    this.key = key;
    this.#receiver = receiver;
    this.#limits = limits;
    this.#wheel = wheel;
    this.#released = released;
    this.#stall = new Stall(this);
    wheel.begin(this, limits.timeout);
  }

  answer(frame: Frame): void {
    const { max, stall } = this.#limits;
    const failure = frame.hasHeaders ? replyFailure(frame, frame.headers!, this.key) : undefined;
    if (failure?.code === "NO_RESPONDERS") {
      this.fail(failure);
      return;
    }
    if (stall !== undefined) {
      this.#wheel.end(this.#stall);
      this.#wheel.begin(this.#stall, stall);
    }
    this.#received++;
    if (failure === undefined) this.#receiver.receive(frame);
    else this.#receiver.report(failure);
    if (this.#received >= max) this.end();
  }

  fail(reason: unknown): void {
    if (!this.busy) return;
    this.busy = false;
    this.#wheel.end(this);
    this.#wheel.end(this.#stall);
    this.#released();
    this.#receiver.end(reason);
  }

  /** There are no more answers. */
  end(): void {
    this.fail(undefined);
  }

  override late(): void {
    this.end();
  }
}

class Stall extends Timed {
  readonly #command: RequestManyCommand;

  constructor(command: RequestManyCommand) {
    super();
    this.#command = command;
  }

  override late(): void {
    this.#command.end();
  }
}
