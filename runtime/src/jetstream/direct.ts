import type { NatsCommand, RawMessage, Subscription } from "../commands/nats-command.js";
import { DisconnectedError, NoRespondersError, PermissionViolationError } from "../errors.js";
import type { NatsHeaders } from "../protocol/headers.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { ANSWER_WAIT, api, apiPrefix } from "./api.js";
import type { ConsumerInfo, From } from "./consumer.js";
import { JetStreamError, JetStreamUnavailableError, NoStreamError } from "./errors.js";
import type { ReplaySource, SourceReceiver } from "./replay-source.js";
import type { Metadata } from "./stored.js";

/** Options of direct reads. */
export interface DirectOptions {
  readonly stream: string;
  /** Subjects to read; an empty list for all. */
  readonly filters: readonly string[];
  /** Subjects on which new messages are published. */
  readonly subjects: readonly string[];
  readonly from: From;
  /** Milliseconds between two looks for new messages, and for answers. */
  readonly heartbeat: number;
  readonly live: boolean;
  readonly domain: string | undefined;
}

/** Number of messages of one request. */
const BATCH = 500;
/** Largest number of subjects of which the server returns the latest message. */
const MOST_SUBJECTS = 1_024;
/** Waits in milliseconds for a message that was heard and that the stream does not have yet. */
const SOON = [20, 100, 300];

/**
 * Reads a stream by direct gets, many messages with one request. It needs no consumer: users with
 * the same credentials do not disturb each other, and nothing of it is left on the server. New
 * messages are read when they are heard on their subjects, if the user may listen to them, and
 * otherwise with the next look.
 *
 * @see ADR-31, direct get, "Batched requests"
 */
export class Direct implements ReplaySource {
  readonly isExact = false;
  readonly #nats: NatsCommand;
  readonly #options: DirectOptions;
  readonly #receiver: SourceReceiver;
  readonly #inbox: string;
  readonly #filter: string;
  readonly #listeners: Subscription[] = [];
  #watch: ReturnType<typeof setInterval> | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  /** Number of the latest request; answers to earlier ones are ignored. */
  #request = 0;
  /** `true` while the answers to the latest request arrive. */
  #isReading = false;
  /** `true` if something was heard since the last look at the clock. */
  #heard = false;
  /** `true` if a new message was heard while answers arrive. */
  #isNew = false;
  /** Number of looks for a message that was heard. */
  #looks = 0;
  /** The next sequence to read; `undefined` before it is known. */
  #next: number | undefined;
  /** Messages of the stream that are still to read. */
  #pending = 0;
  #came = 0;
  #taken = 0;
  #ended = false;

  constructor(nats: NatsCommand, options: DirectOptions, receiver: SourceReceiver) {
    this.#nats = nats;
    this.#options = options;
    this.#receiver = receiver;
    this.#inbox = nats.createInbox();
    const [only = ">", second] = options.filters;
    // Messages of other subjects are skipped on arrival.
    this.#filter = second === undefined ? only : ">";
  }

  async listen(): Promise<Subscription> {
    const receive = (frame: RawMessage): void => this.#receive(frame);
    const subscription = await this.#nats.listen(`${this.#inbox}.*`, receive);
    this.#listeners.push(subscription);
    if (this.#ended) subscription.unsubscribe();
    return subscription;
  }

  async create(waiting: number): Promise<ConsumerInfo> {
    const { from, heartbeat, live, subjects } = this.#options;
    this.#taken = -waiting;
    try {
      const last = await this.#findLast();
      if (this.#ended) throw new DisconnectedError("The replay ended before it began.");
      if (from === "first") this.#next = 1;
      else if (from === "new") this.#next = last + 1;
      else if (typeof from === "object" && "sequence" in from) {
        this.#next = Math.max(1, from.sequence);
      }
      this.#pending = (this.#next ?? 1) <= last ? 1 : 0;
      if (live) for (const subject of subjects) this.#hear(subject);
      this.#watch = setInterval(() => this.#look(), heartbeat);
      if (this.#pending > 0) this.#read();
      return {
        stream_name: this.#options.stream,
        name: "",
        num_pending: this.#pending,
        delivered: { stream_seq: (this.#next ?? 1) - 1, consumer_seq: 0 },
      };
    } catch (error) {
      this.end();
      throw error;
    }
  }

  take(count: number): void {
    this.#taken += count;
    if (this.#pending > 0 && !this.#isReading) this.#readAhead();
  }

  findComplete(): Promise<number | undefined> {
    const isComplete = !this.#isReading && this.#pending === 0;
    return Promise.resolve(isComplete ? (this.#next ?? 1) - 1 : undefined);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#watch);
    clearTimeout(this.#soon);
    for (const each of this.#listeners) each.unsubscribe();
  }

  /** @returns Sequence of the stream's last message; 0 if it has none. */
  async #findLast(): Promise<number> {
    const { stream, domain } = this.#options;
    try {
      return await this.#nats.request<number, unknown>(
        `${apiPrefix(domain)}DIRECT.GET.${stream}`,
        { last_by_subj: ">" },
        {
          serializer: sequences,
          replySerializer: sequences as NatsSerializer<number>,
          timeout: ANSWER_WAIT,
        },
      );
    } catch (error) {
      if (!(error instanceof NoRespondersError)) throw error;
      await this.#findReason();
      throw new JetStreamUnavailableError(
        `The stream "${stream}" does not answer direct gets at the moment. Try again later.`,
        0,
        "",
        { cause: error },
      );
    }
  }

  /** Finds the reason for a missing answer. */
  async #findReason(): Promise<void> {
    const { stream, domain } = this.#options;
    const refused = (cause: unknown): NoStreamError =>
      new NoStreamError(
        `The stream "${stream}" does not exist, or does not allow direct gets. Create the stream, or allow direct gets (allowDirect).`,
        0,
        "",
        { cause },
      );
    let config: { readonly allow_direct?: boolean };
    try {
      const options = { domain, timeout: ANSWER_WAIT };
      ({ config } = await api<{ config: typeof config }>(
        this.#nats,
        `STREAM.INFO.${stream}`,
        undefined,
        options,
      ));
    } catch (error) {
      throw error instanceof PermissionViolationError ? refused(error) : error;
    }
    if (config.allow_direct !== true) throw refused(undefined);
  }

  #hear(subject: string): void {
    const heard = (): void => {
      this.#looks = 0;
      if (this.#isReading) this.#isNew = true;
      else if (this.#pending === 0) this.#read();
    };
    // Without the permission, new messages are found by looking for them.
    this.#nats.listen(subject, heard).then(
      (listener) => {
        this.#listeners.push(listener);
        if (this.#ended) listener.unsubscribe();
      },
      () => {},
    );
  }

  #readAhead(): void {
    if (this.#came - this.#taken < BATCH) this.#read();
  }

  #read(): void {
    if (this.#ended) return;
    const { domain, stream } = this.#options;
    clearTimeout(this.#soon);
    this.#isReading = true;
    this.#isNew = false;
    this.#heard = true;
    try {
      this.#nats.post(
        `${apiPrefix(domain)}DIRECT.GET.${stream}`,
        { batch: BATCH, ...this.#position() },
        { serializer: sequences, reply: `${this.#inbox}.${++this.#request}` },
      );
    } catch {
      // The next look sends it again, and the end of the connection ends it.
    }
  }

  /** Time of the first message to read; `undefined` if the beginning is not a time. */
  get #time(): Date | undefined {
    const { from } = this.#options;
    return typeof from === "object" && "time" in from ? from.time : undefined;
  }

  #position(): object {
    const { filters } = this.#options;
    const time = this.#time;
    if (this.#next !== undefined) return { seq: this.#next, next_by_subj: this.#filter };
    if (time !== undefined) return { start_time: time.toISOString(), next_by_subj: this.#filter };
    return { multi_last: filters.length === 0 ? [">"] : filters, batch: MOST_SUBJECTS };
  }

  #receive(frame: RawMessage): void {
    if (this.#ended || !frame.subject.endsWith(`.${this.#request}`)) return;
    this.#heard = true;
    const { headers } = frame;
    const { status = 0, description = "" } = headers ?? {};
    if (status !== 0) this.#status(status, description, headers);
    else if (headers !== undefined) this.#message(frame, headers);
  }

  #message(frame: RawMessage, headers: NatsHeaders): void {
    const subject = headers.get("Nats-Subject") ?? "";
    const metadata: Metadata = {
      stream: headers.get("Nats-Stream") ?? this.#options.stream,
      sequence: Number(headers.get("Nats-Sequence")),
      time: Date.parse(headers.get("Nats-Time-Stamp") ?? ""),
      pending: Number(headers.get("Nats-Num-Pending") ?? 0),
      deliveries: 1,
    };
    // Programs with the same credentials can see this inbox, and make the server send old messages to it.
    if (metadata.sequence < (this.#next ?? 0)) return;
    for (const name of OWN_HEADERS) headers.delete(name);
    const { buffer, start, end } = frame;
    // The latest messages of each subject are in the stream's order, but not all that it has.
    if (this.#next !== undefined || this.#options.from !== "lastPerSubject") {
      this.#next = metadata.sequence + 1;
    }
    this.#came++;
    const stored = headers.size > 0 ? headers : undefined;
    this.#receiver.message(
      { subject, reply: undefined, headers: stored, buffer, start, end },
      metadata,
    );
  }

  #status(status: number, description: string, headers: NatsHeaders | undefined): void {
    this.#isReading = false;
    if (status === 204) {
      const upTo = headers?.get("Nats-UpTo-Sequence");
      if (this.#next === undefined && upTo !== undefined) this.#next = Number(upTo) + 1;
      this.#pending = Number(headers?.get("Nats-Num-Pending") ?? 0);
      this.#looks = 0;
      if (this.#pending > 0) this.#readAhead();
      else if (this.#isNew) this.#read();
      else this.#receiver.idle((this.#next ?? 1) - 1);
    } else if (status === 404) {
      this.#pending = 0;
      // From a time, the next request has to say the time again.
      if (this.#time === undefined) this.#next ??= 1;
      this.#receiver.idle((this.#next ?? 1) - 1);
      const wait = this.#isNew ? 0 : SOON[this.#looks++];
      if (this.#options.live && wait !== undefined) {
        this.#soon = setTimeout(() => this.#read(), wait);
      }
    } else if (status === 503) {
      this.#lose();
    } else {
      this.#receiver.failed(
        new JetStreamError(`JetStream says: ${status} ${description}`, 0, description),
      );
    }
  }

  /** Repeats a request without an answer, and looks for new messages. */
  #look(): void {
    if (this.#isReading) {
      if (!this.#heard) this.#read();
      this.#heard = false;
    } else if (this.#pending > 0) this.#readAhead();
    else if (this.#options.live) {
      this.#looks = SOON.length;
      this.#read();
    }
  }

  #lose(): void {
    this.end();
    this.#receiver.lost();
  }
}

/** Headers that the server adds to describe a stored message. */
export const OWN_HEADERS: readonly string[] = [
  "Nats-Stream",
  "Nats-Subject",
  "Nats-Sequence",
  "Nats-Time-Stamp",
  "Nats-Num-Pending",
  "Nats-Last-Sequence",
  "Nats-UpTo-Sequence",
];

/** Requests as JSON, and the sequences of the stored messages that answer them. */
const sequences: NatsSerializer<unknown> = {
  serialize(value, writer) {
    writer.utf8(JSON.stringify(value));
  },
  deserialize(_buffer, _start, _end, headers) {
    const { status = 0, description = "" } = headers ?? {};
    if (status === 404) return 0;
    if (status !== 0) {
      throw new JetStreamError(`JetStream says: ${status} ${description}`, 0, description);
    }
    return Number(headers?.get("Nats-Sequence"));
  },
};
