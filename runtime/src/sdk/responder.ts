import type { NatsWriter } from "../buffers/nats-writer.js";
import type { NatsCommand, Subscription } from "../commands/nats-command.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeadersInit } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { FOREIGN, type NatsSerializer } from "../serialization/serializer.js";
import { UnhandledOperationError } from "./errors.js";
import { listening, respond, type SubscribeOptions } from "./listen.js";
import {
  answerEach,
  type FixedManyProcedure,
  type ManyProcedure,
  type ReplySource,
} from "./many-procedure.js";
import { type Message, none } from "./message.js";
import type { Named, Union } from "./one-of.js";
import { Part, tellAmong } from "./only.js";
import type { FixedProcedure, Procedure } from "./procedure.js";
import { Delivery, type Handler, Reception } from "./received.js";
import {
  type Filter,
  keyPlace,
  type NoParams,
  type Place,
  type Selection,
  type Subject,
} from "./subject.js";

/** Several procedures that share a subject, answered over one subscription. */
export interface Responder<P, O> {
  /**
   * Answers requests, each by the handler of its own operation.
   *
   * @param params The parameters to listen by; one that is left out stands for every value.
   * @param handlers By the operations' names. The requester of an operation without a handler gets a
   *   ServiceError.
   */
  respondAll(
    nats: NatsCommand,
    params: Filter<P>,
    handlers: Responders<P, O>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
}

/** The handlers of several procedures, by the operations' names. */
export type Responders<P, O> = {
  readonly [N in keyof O]?: O[N] extends
    | Procedure<P, infer Q, infer R, infer H>
    | FixedProcedure<infer Q, infer R, infer H>
    ? Handler<P, Q, H, R>
    : O[N] extends
          | ManyProcedure<P, infer Q, infer R, infer H>
          | FixedManyProcedure<infer Q, infer R, infer H>
      ? Handler<P, Q, H, ReplySource<R>>
      : never;
};

/** What a responder needs of a procedure. */
type Operation<P> = {
  readonly ask: Message<unknown>;
  readonly answer: Message<unknown>;
  readonly many?: true;
} & ({ readonly subject: Subject<P> } | { readonly key: NatsKey });

/** What a responder is told besides its procedures. */
export interface ResponderOptions {
  /** The queue group that the responder joins, so that one of them answers. */
  readonly queue?: string;
}

/**
 * Makes one responder of several procedures that share a subject. Each asks with messages of its own, which
 * {@link only} takes of all that travel there; what belongs to none of the procedures is passed over.
 *
 * ```ts
 * const asked = oneOf({ get: json<Get>(), delete: json<Delete>() });
 * const deviceGet: Procedure<DeviceParams, Get, Seat> = procedure(device, only(asked, "get"), json());
 * const deviceDelete: Procedure<DeviceParams, Delete, Done> = procedure(device, only(asked, "delete"), json());
 *
 * const devices: Responder<DeviceParams, { get: typeof deviceGet; delete: typeof deviceDelete }> =
 *   responder({ get: deviceGet, delete: deviceDelete }, { queue: "device" });
 * await devices.respondAll(nats, {}, { get: ({ seatId }) => ({ seatId }), delete: () => ({ ok: true }) });
 * ```
 *
 * @param operations The procedures by their operations' names.
 * @throws InvalidArgumentError when their subjects differ, or when their requests cannot be told apart.
 */
export function responder<P, O extends { readonly [name: string]: Operation<P> }>(
  operations: O,
  options: ResponderOptions = {},
): Responder<P, O> {
  return new OperationsResponder<P>(operations, options) as Responder<P, never> as Responder<P, O>;
}

type AnyHandler<P> = Handler<P, unknown, unknown, unknown>;

class OperationsResponder<P> {
  readonly #select: (params: Filter<P>) => Selection<P>;
  readonly #asks: ReadonlyMap<string, Message<unknown>>;
  readonly #ask: Message<Asked>;
  readonly #answer: Message<Named>;
  readonly #queue: string | undefined;
  /** How each answer is written, of operations that have several to a request. */
  readonly #each: ReadonlyMap<string, Message<unknown>>;

  constructor(operations: { readonly [name: string]: Operation<P> }, options: ResponderOptions) {
    this.#select = sharedSelect(Object.values(operations));
    const all = Object.entries(operations);
    this.#asks = new Map(all.map(([name, { ask }]) => [name, ask]));
    this.#ask = asking(this.#asks);
    this.#answer = new Answers(
      new Map<string, Message<unknown>>(
        all.map(([name, { answer, many }]) => [name, many ? none : answer]),
      ),
    );
    this.#each = new Map(all.flatMap(([name, { answer, many }]) => (many ? [[name, answer]] : [])));
    this.#queue = options.queue;
  }

  async respondAll(
    nats: NatsCommand,
    params: Filter<P>,
    handlers: { readonly [name: string]: AnyHandler<P> },
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    const selection = this.#select(params);
    const reception = new Reception(selection, this.#ask);
    const handle: Handler<P, Asked, object, Named> = async (asked, { source }) => {
      const { name, message, headers } = asked;
      const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
      if (handler === undefined) throw new UnhandledOperationError(name);
      const correlation = this.#asks.get(name)?.correlation;
      const reading = { read: selection.read, correlation };
      const received = new Delivery<P, unknown, unknown>(message, headers, source, reading);
      const result = await handler(message, received);
      const answer = this.#each.get(name);
      if (answer === undefined) return { name, message: result };
      const values = result as ReplySource<unknown>;
      return { name, message: await answerEach(received, answer, values) };
    };
    return respond(nats, reception, this.#answer, handle, listening(options, this.#queue));
  }
}

/** A request, by the name of its operation. */
interface Asked extends Named {
  readonly headers: unknown;
}

/** Reads requests, each as its own operation would. */
function asking(asks: ReadonlyMap<string, Message<unknown, unknown>>): Message<Asked> {
  const parts = new Map<string, { readonly operation: string; readonly part: Part }>();
  let union: Union | undefined;
  for (const [operation, part] of asks) {
    if (!(part instanceof Part) || (union !== undefined && part.union !== union)) throw untold();
    union = part.union;
    for (const name of part.names) {
      if (parts.has(name)) throw untold();
      parts.set(name, { operation, part });
    }
  }
  const all = union;
  if (all === undefined) throw untold();
  return {
    serialize(): never {
      throw new TypeError("requests are only read here");
    },
    deserialize(buffer, start, end, headers): Asked {
      const told = tellAmong(parts, all, buffer, start, end, headers);
      // The engine passes over it, whatever its type.
      if (told === FOREIGN) return FOREIGN as unknown as Asked;
      const { operation, part } = parts.get(told.name)!;
      const message = part.take(told, headers);
      return { name: operation, message, headers: part.headerCodec?.read(headers) ?? {} };
    },
  };
}

function untold(): InvalidArgumentError {
  return new InvalidArgumentError(
    "A responder needs procedures whose requests are told apart: each asks with only() of the same oneOf().",
  );
}

/** Answers go to who asked, who knows what was asked: they carry no name. */
class Answers implements NatsSerializer<Named> {
  readonly #messages: ReadonlyMap<string, Message<unknown>>;

  constructor(messages: ReadonlyMap<string, Message<unknown>>) {
    this.#messages = messages;
  }

  serialize({ name, message }: Named, writer: NatsWriter): void {
    this.#messages.get(name)!.serialize(message, writer);
  }

  headers({ name, message }: Named): NatsHeadersInit | undefined {
    return this.#messages.get(name)!.headers?.(message);
  }

  deserialize(): never {
    throw new TypeError("answers are only written here");
  }
}

function sharedSelect<P>(operations: readonly Operation<P>[]): (params: Filter<P>) => Selection<P> {
  const [first] = operations;
  const place = first === undefined ? undefined : placeOf(first);
  if (first === undefined || operations.some((operation) => placeOf(operation) !== place)) {
    throw new InvalidArgumentError("A responder needs procedures, all on the same subject.");
  }
  if ("subject" in first) return (params) => first.subject.select(params);
  return keyPlace(first.key).select as Place<NoParams>["select"] as Place<P>["select"];
}

function placeOf<P>(operation: Operation<P>): Subject<P> | NatsKey {
  return "subject" in operation ? operation.subject : operation.key;
}
