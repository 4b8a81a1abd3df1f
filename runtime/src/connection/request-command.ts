import {
  DeserializeError,
  type NatsError,
  NoRespondersError,
  ServiceError,
  TimeoutError,
} from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import { type NatsHeaders, SERVICE_ERROR, SERVICE_ERROR_CODE } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { Timed } from "../waiting/timer-wheel.js";

let resolveNext!: (value: unknown) => void;
let rejectNext!: (reason: unknown) => void;
const capture = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  resolveNext = resolve;
  rejectNext = reject;
};

/** A request that waits in its place. */
export interface WaitingRequest {
  /** Whether it still waits. */
  readonly busy: boolean;
  /** The number in the reply subject. */
  readonly token: number;
  /** Bytes written up to and with the request. */
  position: number;
  /** Bytes written before a request that is not to be sent on another connection than this one. */
  readonly withdrawable?: number | undefined;
  /** The subject of the request. */
  readonly key: NatsKey | string;
  /** An answer arrived. The frame is borrowed. */
  answer(frame: Frame): void;
  /** Ends the waiting. */
  fail(reason: unknown): void;
}

/** @returns What an answer's headers say instead of an answer: nobody listens, or the responder failed. */
export function replyFailure(
  frame: Frame,
  headers: NatsHeaders,
  key: NatsKey | string,
): NatsError | undefined {
  if (headers.status === 503 && frame.start === frame.end) {
    return new NoRespondersError(String(key));
  }
  // Either of the two says it: not every responder sends both.
  const description = headers.get(SERVICE_ERROR);
  const code = headers.get(SERVICE_ERROR_CODE);
  if (description === undefined && code === undefined) return undefined;
  const status = Number.parseInt(code ?? "", 10);
  return new ServiceError(String(key), Number.isNaN(status) ? 500 : status, description ?? "");
}

/** Reads an answer as it lies in the read buffer, with its subject and whatever headers it has. */
export type AnswerReader = (frame: Frame) => unknown;

/**
 * A request that waits for its answer. Commands are used again; each use has another token, so that an
 * answer that comes too late is recognized.
 *
 * Hot: one promise is all that a request allocates.
 */
export class RequestCommand extends Timed implements WaitingRequest {
  /** The number in the reply subject, different for each use of each command. */
  token: number;
  /** Bytes written up to and with the request. */
  position = 0;
  withdrawable: number | undefined;
  /** Milliseconds that the answer may take. */
  timeout = 0;
  /** The subject of the request. */
  key: NatsKey | string = "";

  readonly #step: number;
  readonly #release: (command: RequestCommand) => void;
  #reader: NatsSerializer | AnswerReader | undefined;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  /**
   * @param index The command's place among all.
   * @param step What is added to the token with each use; more than there are places.
   * @param release Takes the command back when it is done.
   */
  constructor(index: number, step: number, release: (command: RequestCommand) => void) {
    super();
    this.token = index;
    this.#step = step;
    this.#release = release;
  }

  /** Whether a request waits here. */
  get busy(): boolean {
    return this.#resolve !== undefined;
  }

  /**
   * Begins a request.
   *
   * @param reader Reads the answer; a function gets it also where it tells of a responder's failure.
   * @param signal Gives up when aborted.
   * @returns Settles with the answer.
   */
  begin(reader: NatsSerializer | AnswerReader, signal: AbortSignal | undefined): Promise<unknown> {
    const promise = new Promise(capture);
    this.#resolve = resolveNext;
    this.#reject = rejectNext;
    this.#reader = reader;
    if (signal !== undefined) {
      this.#signal = signal;
      this.#onAbort = () => this.fail(signal.reason);
      signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    return promise;
  }

  /** The answer arrived. */
  answer(frame: Frame): void {
    const { token } = this;
    let value: unknown;
    try {
      const reader = this.#reader!;
      const whole = typeof reader === "function";
      // One that reads the frame reads the headers too, unless they say that there is no answer.
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
    // Reading the answer may have run the caller's code, which may have aborted the request.
    if (this.token !== token) return;
    const resolve = this.#resolve!;
    this.#end();
    resolve(value);
  }

  /** Ends the request without an answer. */
  fail(reason: unknown): void {
    const reject = this.#reject;
    if (reject === undefined) return;
    this.#end();
    reject(reason);
  }

  override late(): void {
    this.fail(
      new TimeoutError(
        `"${String(this.key)}" did not answer within ${this.timeout} ms. Give it more time (timeout), or see what the responder does.`,
      ),
    );
  }

  #end(): void {
    this.#resolve = undefined;
    this.#reject = undefined;
    this.#reader = undefined;
    this.key = "";
    if (this.#signal !== undefined) {
      this.#signal.removeEventListener("abort", this.#onAbort!);
      this.#signal = undefined;
      this.#onAbort = undefined;
    }
    this.token += this.#step;
    this.#release(this);
  }
}
