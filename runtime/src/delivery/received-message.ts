import type { NatsCommand, NatsMessage, PublishOptions } from "../commands/nats-command.js";
import type { NatsHeaders } from "../protocol/headers.js";

/**
 * A message for a handler. Its values may be kept, unless the serializer returns borrowed values.
 */
export class ReceivedMessage<T> implements NatsMessage<T> {
  value: T;
  readonly subject: string;
  readonly reply: string | undefined;
  readonly headers: NatsHeaders | undefined;

  readonly #nats: NatsCommand;

  constructor(
    nats: NatsCommand,
    value: T,
    subject: string,
    reply: string | undefined,
    headers: NatsHeaders | undefined,
  ) {
    this.#nats = nats;
    this.value = value;
    this.subject = subject;
    this.reply = reply;
    this.headers = headers;
  }

  respond(value?: unknown, options?: PublishOptions): boolean {
    if (this.reply === undefined) return false;
    this.#nats.post(this.reply, value, options);
    return true;
  }
}
