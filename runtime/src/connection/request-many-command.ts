import type { NatsError } from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { Timed, type TimerWheel } from "../waiting/timer-wheel.js";
import { replyFailure, type WaitingRequest } from "./request-command.js";

/** Receiver of the answers. */
export interface ReplyReceiver {
  /** Handles an answer. The frame is borrowed. Never throws. */
  receive(frame: Frame): void;
  /** Handles the failure of one responder; others may still answer. Never throws. */
  report(error: NatsError): void;
  /** Handles the end of the answers. @param failure The reason, unless a limit was reached. */
  end(failure: unknown): void;
}

/** Limits that end the answers. Times are in milliseconds. */
export interface ReplyLimits {
  /** Time for all answers together. */
  readonly timeout: number;
  /** Largest number of answers. */
  readonly max: number;
  /** Time between two answers. */
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
   * @param token Number in the reply subject.
   * @param key Subject of the request.
   * @param receiver Receives the answers.
   * @param limits Limits that end the answers.
   * @param wheel Timers of all requests.
   * @param released Called at the end.
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

  /** Ends the answers without an error. */
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
