import { checkFunction } from "../arguments.js";
import type {
  ErrorHandler,
  NatsMessage,
  NatsReplies,
  RequestManyOptions,
} from "../commands/nats-command.js";
import { InvalidArgumentError } from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import { checkSerializer, type NatsSerializer } from "../serialization/serializer.js";
import { offAbort, onAbort } from "../waiting/abort.js";
import { BoundedIterator } from "../waiting/bounded-iterator.js";
import { DEFAULT_MAX_BUFFERED, type DeliveryContext } from "./context.js";
import { errorHandler } from "./error-handler.js";
import { tooSlow } from "./slow-consumer.js";
import { typedReceiver } from "./typed-receiver.js";

/** A request that waits for replies. */
interface PendingRequest {
  /** Ends the request. */
  end(): void;
  /** Ends the request with an error. */
  fail(reason: unknown): void;
}

/** The replies to one request, for a loop. */
export class ReplyQueue<R> extends BoundedIterator<NatsMessage<R>> implements NatsReplies<R> {
  /** Called with the errors of responders and with replies that cannot be read. */
  readonly report: ErrorHandler;

  readonly #receive: (frame: Frame) => void;
  readonly #sentinel: RequestManyOptions<unknown, R>["sentinel"];
  #command: PendingRequest | undefined;
  #forgetSignal: (() => void) | undefined;

  /**
   * @param subject The subject of the request, for error messages.
   * @param options Options for reading and queueing replies.
   * @param context The parts of the connection that it uses.
   */
  constructor(subject: string, options: RequestManyOptions<unknown, R>, context: DeliveryContext) {
    const report = errorHandler(options, context.report);
    const { maxBuffered = DEFAULT_MAX_BUFFERED, whenFull = "dropNewest" } = options;
    super(maxBuffered, whenFull, context.gate, tooSlow(subject, options, context), { report });
    const { sentinel } = options;
    if (sentinel !== undefined && sentinel !== true && typeof sentinel !== "function") {
      throw new InvalidArgumentError(
        '"sentinel" must be true, or a function that recognizes the last reply.',
      );
    }
    if (options.replySerializer !== undefined) {
      checkSerializer("replySerializer", options.replySerializer);
    }
    if (options.onError !== undefined) checkFunction("onError", options.onError);
    this.report = report;
    this.#sentinel = sentinel;
    const { replySerializer, serializer = context.serializer } = options;
    const reading = {
      concurrency: 0,
      serializer: replySerializer ?? (serializer as NatsSerializer<R>),
    };
    const receiver = typedReceiver<R>(subject, reading, { ...context, report }, (message) =>
      this.#take(message),
    );
    this.#receive = (frame) => receiver.receive(frame);
  }

  /** Called after the request was written. @param signal Cancels the request. */
  start(command: PendingRequest, signal: AbortSignal | undefined): void {
    this.#command = command;
    if (signal === undefined) return;
    const abort = () => command.fail(signal.reason);
    onAbort(signal, abort);
    this.#forgetSignal = () => offAbort(signal, abort);
  }

  override end(failure: unknown): void {
    this.#forgetSignal?.();
    super.end(failure);
  }

  /** Adds a reply. */
  receive(frame: Frame): void {
    if (this.#sentinel === true && frame.start === frame.end) this.#command?.end();
    else this.#receive(frame);
  }

  protected override stop(): void {
    this.#command?.end();
  }

  #take(message: NatsMessage<R>): void {
    if (typeof this.#sentinel === "function") {
      let last: boolean;
      try {
        last = this.#sentinel(message);
      } catch (cause) {
        this.#command?.fail(cause);
        return;
      }
      if (last) {
        this.#command?.end();
        return;
      }
    }
    this.push(message);
  }
}
