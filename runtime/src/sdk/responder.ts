import type { NatsWriter } from "../buffers/nats-writer.js";
import type { NatsCommand, Subscription } from "../commands/nats-command.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeadersInit } from "../protocol/headers.js";
import { FOREIGN, type NatsSerializer } from "../serialization/serializer.js";
import { callOf } from "../waiting/call.js";
import { argument, type FilterArguments } from "./arguments.js";
import { AmbiguousMessageError, UnhandledOperationError } from "./errors.js";
import { listening, respond, type SubscribeOptions } from "./listen.js";
import { type Location, parseLocation } from "./location.js";
import { type Message, none } from "./message.js";
import type { Named, Open, Union } from "./one-of.js";
import { identifyRequest, Part } from "./only.js";
import type { Answer, Procedure, ProcedureOptions } from "./procedure.js";
import { type Handler, LazyReceived, messageReader } from "./received.js";
import { exchangeOf } from "./replies.js";
import { replyAt } from "./reply-place.js";
import type { Filter, Subject } from "./subject.js";

/** Several procedures that share a subject, with one subscription. */
export interface Responder<P, O> {
  /**
   * Responds to requests, each with the handler of its own operation.
   *
   * @param args `params`: the parameters to subscribe by; a parameter that is left out matches
   * every value. `handlers`: by the operations' names; the requester of an operation without a
   * handler gets a ServiceError. `options`.
   */
  respond(
    nats: NatsCommand,
    ...args: [
      ...params: FilterArguments<P>,
      handlers: Responders<P, O>,
      options?: SubscribeOptions | undefined,
    ]
  ): Promise<Subscription>;
}

/** The handlers of several procedures, by the operations' names. */
export type Responders<P, O> = {
  readonly [N in keyof O]?: O[N] extends Procedure<P, infer Q, infer R, infer H>
    ? Handler<P, Q, H, Answer<R>>
    : never;
};

/** The parts of a procedure that a responder needs. */
interface Operation<P> {
  readonly subject: Subject<P>;
  readonly ask: Message<unknown>;
  readonly answer: Message<unknown>;
  readonly replyAt: Location | undefined;
}

/**
 * Creates one responder for several procedures that share a subject. Each has its own request
 * messages, which {@link only} selects from all messages of the subject. Messages of no procedure
 * are skipped.
 *
 * ```ts
 * const asked = oneOf({ get: json<Get>(), delete: json<Delete>() });
 * const deviceGet: Procedure<DeviceParams, Get, Seat> = procedure(device, only(asked, "get"), json());
 * const deviceDelete: Procedure<DeviceParams, Delete, Done> = procedure(device, only(asked, "delete"), json());
 *
 * const devices: Responder<DeviceParams, { get: typeof deviceGet; delete: typeof deviceDelete }> =
 *   responder({ get: deviceGet, delete: deviceDelete }, { queue: "device" });
 * await devices.respond(nats, {}, { get: ({ seatId }) => ({ seatId }), delete: () => ({ ok: true }) });
 * ```
 *
 * @param operations The procedures by their operations' names.
 * @throws InvalidArgumentError if their subjects differ, or if their requests cannot be
 * distinguished.
 */
export function responder<P, O extends { readonly [name: string]: Operation<P> }>(
  operations: O,
  options: ProcedureOptions = {},
): Responder<P, O> {
  const made: object = new OperationsResponder<P>(operations, options.queue);
  return made as Responder<P, O>;
}

/** {@link Responders} at run time. */
interface Handlers<P> {
  readonly [name: string]: Handler<P, unknown, unknown, unknown>;
}

class OperationsResponder<P> {
  readonly #subject: Subject<P>;
  readonly #operations: ReadonlyMap<string, Operation<P>>;
  readonly #ask: Message<Asked>;
  readonly #answer: Message<Named>;
  readonly #queue: string | undefined;

  constructor(operations: { readonly [name: string]: Operation<P> }, queue: string | undefined) {
    const all = Object.entries(operations);
    this.#subject = sharedSubject(Object.values(operations));
    this.#operations = new Map(all);
    this.#ask = asking(new Map(all.map(([name, { ask }]) => [name, ask])));
    this.#answer = new Answers(
      new Map<string, Message<unknown>>(
        all.map(([name, { answer }]) => [name, exchangeOf(answer) === undefined ? answer : none]),
      ),
    );
    this.#queue = queue;
  }

  respond(
    nats: NatsCommand,
    first: unknown,
    second?: unknown,
    third?: unknown,
  ): Promise<Subscription> {
    return callOf(async () => {
      const { arity } = this.#subject;
      const handlers = argument(arity, first, second) as Handlers<P>;
      const given = argument(arity + 1, first, second, third) as SubscribeOptions | undefined;
      const selection = this.#subject.select(first as Filter<P>);
      const reader = messageReader(selection, this.#ask);
      const handle: Handler<P, Asked, object, Named> = async (asked, { source }) => {
        const { name, message, headers } = asked;
        const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
        if (handler === undefined) throw new UnhandledOperationError(name);
        const { ask, answer, replyAt: location } = this.#operations.get(name)!;
        const lazy = { read: selection.read, correlation: ask.correlation };
        const received = new LazyReceived<P, unknown, unknown>(message, headers, source, lazy);
        const respondOnce = (): unknown => handler(message, received);
        const exchange = exchangeOf(answer);
        const result =
          location === undefined || exchange !== undefined
            ? await respondOnce()
            : await replyAt(nats, source, parseLocation(location), answer, message, respondOnce);
        return {
          name,
          message: exchange === undefined ? result : await exchange.answer(received, result),
        };
      };
      return respond(nats, reader, this.#answer, handle, listening(given, this.#queue));
    }, nats);
  }
}

/** A request with the name of its operation. */
interface Asked extends Named {
  readonly headers: unknown;
}

/** Creates a message that reads each request with the codec of its own operation. */
function asking(asks: ReadonlyMap<string, Message<unknown, unknown>>): Message<Asked> {
  const parts = new Map<string, { readonly operation: string; readonly part: Part }>();
  let union: Union | undefined;
  for (const [operation, part] of asks) {
    if (!(part instanceof Part) || (union !== undefined && part.union !== union)) throw ambiguous();
    union = part.union;
    for (const name of part.names) {
      if (parts.has(name)) throw ambiguous();
      parts.set(name, { operation, part });
    }
  }
  const all = union;
  if (all === undefined) throw ambiguous();
  /** The operation of a request, which may fit several messages of it. */
  const operationOf = (identified: Named | Open): { operation: string; part: Part } => {
    const names = identified.name === undefined ? identified.names : [identified.name];
    const [first, ...others] = names.map((name) => parts.get(name)!);
    if (others.some(({ operation }) => operation !== first!.operation)) {
      throw new AmbiguousMessageError(names);
    }
    return first!;
  };
  return {
    serialize(): never {
      throw new TypeError("this serializer only reads requests");
    },
    deserialize(buffer, start, end, headers): Asked {
      const identified = identifyRequest(parts, all, buffer, start, end, headers);
      // The engine skips it, so its type does not matter.
      if (identified === FOREIGN) return FOREIGN as unknown as Asked;
      const { operation, part } = operationOf(identified);
      const message = part.take(identified, headers);
      return { name: operation, message, headers: part.headerCodec?.read(headers) ?? {} };
    },
  };
}

function ambiguous(): InvalidArgumentError {
  return new InvalidArgumentError(
    "A responder needs procedures with distinguishable requests: each request must be only() of the same oneOf().",
  );
}

/** Serializer of replies. They carry no name, because the requester knows its operation. */
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
    throw new TypeError("this serializer only writes replies");
  }
}

function sharedSubject<P>(operations: readonly Operation<P>[]): Subject<P> {
  const [first] = operations;
  if (first === undefined || operations.some(({ subject }) => subject !== first.subject)) {
    throw new InvalidArgumentError(
      "A responder needs at least one procedure, and all procedures must have the same subject.",
    );
  }
  return first.subject;
}
