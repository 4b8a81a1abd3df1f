import { DeserializeError, type NatsError, NoRespondersError, TimeoutError } from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import { type NatsHeaders, serviceErrorIn } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { offAbort, onAbort } from "../waiting/abort.js";
import { Call, failCall, type Reporter } from "../waiting/call.js";
import { Timed } from "../waiting/timer-wheel.js";

let resolveNext!: (value: unknown) => void;
let rejectNext!: (reason: unknown) => void;
const capture = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  resolveNext = resolve;
  rejectNext = reject;
};

/** A request that waits for its answer. */
export interface WaitingRequest {
  /** `true` while it waits. */
  readonly busy: boolean;
  /** Number in the reply subject. */
  readonly token: number;
  /** Bytes written up to the end of the request. */
  position: number;
  /** Bytes written before a request that may be sent on the current connection only. */
  readonly withdrawable?: number | undefined;
  /** Subject of the request. */
  readonly key: NatsKey | string;
  /** Handles an answer. The frame is borrowed. */
  answer(frame: Frame): void;
  /** Ends the request with an error. */
  fail(reason: unknown): void;
}

/** @returns The failure in an answer's headers, if there is one: no responders, or an error of the responder. */
export function replyFailure(
  frame: Frame,
  headers: NatsHeaders,
  key: NatsKey | string,
): NatsError | undefined {
  if (headers.status === 503 && frame.start === frame.end) {
    return new NoRespondersError(String(key));
  }
  return serviceErrorIn(headers, String(key));
}

/** Reader of an answer in the read buffer, with its subject and headers. */
export type AnswerReader = (frame: Frame) => unknown;

/**
 * A request that waits for its answer. Commands are reused; each use has another token, so that late answers are
 * recognized.
 *
 * Hot: a request allocates one promise and nothing else.
 */
export class RequestCommand extends Timed implements WaitingRequest {
  /** Number in the reply subject, different for each use of each command. */
  token: number;
  /** Bytes written up to the end of the request. */
  position = 0;
  withdrawable: number | undefined;
  /** Milliseconds within which the answer must arrive. */
  timeout = 0;
  /** Subject of the request. */
  key: NatsKey | string = "";

  readonly #step: number;
  readonly #reporter: Reporter;
  readonly #release: (command: RequestCommand) => void;
  #reader: NatsSerializer | AnswerReader | undefined;
  #call: Call<unknown> | undefined;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  /**
   * @param index Place of the command in the table.
   * @param step Addition to the token with each use; larger than the table.
   * @param release Called when the command is free again.
   * @param reporter Gets the error of a request that nobody awaits.
   */
  constructor(
    index: number,
    step: number,
    release: (command: RequestCommand) => void,
    reporter: Reporter,
  ) {
    super();
    this.token = index;
    this.#step = step;
    this.#reporter = reporter;
    this.#release = release;
  }

  /** `true` while a request waits. */
  get busy(): boolean {
    return this.#resolve !== undefined;
  }

  /**
   * Begins a request.
   *
   * @param reader Reads the answer; a function also gets answers that report a failure of the responder.
   * @param signal Cancels the request when aborted.
   * @returns Resolves with the answer.
   */
  begin(reader: NatsSerializer | AnswerReader, signal: AbortSignal | undefined): Promise<unknown> {
    const call = new Call(capture);
    this.#call = call;
    this.#resolve = resolveNext;
    this.#reject = rejectNext;
    this.#reader = reader;
    if (signal !== undefined) {
      this.#signal = signal;
      this.#onAbort = () => this.fail(signal.reason);
      onAbort(signal, this.#onAbort);
    }
    return call;
  }

  /** Handles the answer. */
  answer(frame: Frame): void {
    const { token } = this;
    let value: unknown;
    try {
      const reader = this.#reader!;
      const whole = typeof reader === "function";
      // A function reads the headers itself, unless they report that there is no responder.
      const parsed = frame.hasHeaders && (!whole || frame.start === frame.end);
      const headers = parsed ? frame.headers : undefined;
      if (headers !== undefined) {
        const failure = replyFailure(frame, headers, this.key);
        if (failure !== undefined && (!whole || failure instanceof NoRespondersError)) {
          this.fail(failure);
          return;
        }
      }
      value = whole
        ? reader(frame)
        : reader.deserialize(frame.buffer, frame.start, frame.end, headers);
    } catch (error) {
      if (this.token === token) this.fail(new DeserializeError(String(this.key), error));
      return;
    }
    // The reader may have aborted the request.
    if (this.token !== token) return;
    const resolve = this.#resolve!;
    this.#end();
    resolve(value);
  }

  /** Ends the request without an answer. */
  fail(reason: unknown): void {
    const reject = this.#reject;
    const call = this.#call;
    if (reject === undefined || call === undefined) return;
    this.#end();
    failCall(call, reject, reason, this.#reporter);
  }

  override late(): void {
    this.fail(
      new TimeoutError(
        `"${String(this.key)}" did not answer within ${this.timeout} ms. Raise the timeout, or check the responder.`,
      ),
    );
  }

  #end(): void {
    this.#resolve = undefined;
    this.#reject = undefined;
    this.#call = undefined;
    this.#reader = undefined;
    this.key = "";
    if (this.#signal !== undefined) {
      offAbort(this.#signal, this.#onAbort!);
      this.#signal = undefined;
      this.#onAbort = undefined;
    }
    this.token += this.#step;
    this.#release(this);
  }
}
