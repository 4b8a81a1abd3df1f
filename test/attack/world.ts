import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AckPolicy,
  DeliverPolicy,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
} from "@nats-io/jetstream";
import { encodeUser, fmtCreds } from "@nats-io/jwt";
import { createUser, fromSeed } from "@nats-io/nkeys";
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type Msg,
  type NatsConnection,
  nkeyAuthenticator,
} from "@nats-io/transport-node";
import { NatsConnection as Alternats } from "alternats";
import { append } from "alternats/jetstream";
import { channel as channelOf, type NoParams, subject as subjectOf, text } from "alternats/sdk";
import { Workplace } from "../generator/broker/support.js";
import type { Broker } from "../support/broker.js";
import { instance, isWithin, readSurface, type Surface, type Suspect } from "./document.js";

export type Mode = "nkeys" | "operator";

/** Number of events of each subject in a stream. */
const EVENTS = 3;

/** Wildcards of subjects that the world uses stand for this. */
export const ANYONE = "somebody";

/** Text of a stored event, by which one knows where a message comes from. */
export const secretOf = (subject: string): string => `secret of ${subject}`;

/** State of a consumer, by which the judge compares. */
export interface ConsumerState {
  readonly config: string;
  readonly position: string;
}

/** State of a stream, by which the judge compares. */
export interface StreamState {
  readonly config: string;
  readonly first: number;
  readonly last: number;
  readonly deleted: number;
  /** Subjects that it stores. */
  readonly stores: readonly string[];
  readonly subjects: ReadonlyMap<string, number>;
  readonly consumers: ReadonlyMap<string, ConsumerState>;
}

/** A broker of a document with all its users, full streams, and judges who see everything. */
export class World implements AsyncDisposable {
  readonly work: Workplace;
  readonly broker: Broker;
  readonly mode: Mode;
  readonly surface: Surface;
  readonly accounts: readonly string[];
  /** Credentials of the judge in the platform's account. */
  readonly #platform: string;
  /** A connection with all permissions in each account. */
  readonly #judges: ReadonlyMap<string, NatsConnection>;
  /** Connections of all users, which listen to all that they may. */
  readonly users = new Map<string, NatsConnection>();
  /** Names of users that lost their connection. */
  readonly lost: string[] = [];
  /** Messages that users other than the sender have received, by user. */
  readonly heard: { readonly user: string; readonly subject: string; readonly text: string }[] = [];
  manager!: JetStreamManager;

  private constructor(
    work: Workplace,
    broker: Broker,
    mode: Mode,
    surface: Surface,
    judges: ReadonlyMap<string, NatsConnection>,
    platform: string,
  ) {
    this.work = work;
    this.broker = broker;
    this.mode = mode;
    this.surface = surface;
    this.#judges = judges;
    this.accounts = [...judges.keys()];
    this.#platform = platform;
  }

  /** @param document Text of an AsyncAPI document with roles. */
  static async open(document: string, mode: Mode): Promise<World> {
    const work = await Workplace.make({ "asyncapi.yaml": document });
    try {
      const surface = await readSurface(work.path("asyncapi.yaml"));
      const options = mode === "operator" ? ["--operator"] : [];
      const { code, error } = await work.broker("asyncapi.yaml", ...options);
      if (code !== 0) throw new Error(error);
      const judges = mode === "operator" ? await signJudges(work) : await addJudges(work);
      const broker = await work.start();
      const open = async ([account, text]: readonly [string, string]) =>
        [account, await connect({ servers: broker.url, authenticator: official(text) })] as const;
      const opened = new Map(await Promise.all([...judges].map(open)));
      const world = new World(work, broker, mode, surface, opened, judges.get("APP") ?? "");
      await world.#begin();
      return world;
    } catch (error) {
      await work[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    this.manager = await jetstreamManager(this.judge("APP"), { timeout: 5_000 });
    await this.restore();
    for (const suspect of this.surface.suspects) await this.#enter(suspect);
  }

  /** The judge in an account. */
  judge(account: string): NatsConnection {
    return this.#judges.get(account)!;
  }

  /** Names of the streams that store what users publish. */
  readonly streams: string[] = [];
  readonly #stored: string[] = [];

  /** Subjects of all events that streams store. */
  storedSubjects(): readonly string[] {
    return this.#stored;
  }

  /** The text of a user's credentials. */
  credentials(name: string): Promise<string> {
    return this.work.secret(`users/${name}.${this.mode === "operator" ? "creds" : "nk"}`);
  }

  async #enter({ name, hears, answers }: Suspect): Promise<void> {
    const authenticator = official(await this.credentials(name));
    const nats = await connect({ servers: this.broker.url, authenticator, reconnect: false });
    void nats.closed().then(() => this.lost.push(name));
    const hear = (error: unknown, { subject, data, reply = "" }: Msg): void => {
      // It may not listen to one of its possible inboxes.
      if (error !== null && error !== undefined) return;
      this.heard.push({ user: name, subject, text: Buffer.from(data).toString() });
      if (reply !== "" && isWithin(answers, subject)) nats.publish(reply, "berth 7");
    };
    const inboxes = [`_INBOX_${name}.>`, `_INBOX.${name}.>`];
    for (const subject of [...hears, ...inboxes]) nats.subscribe(subject, { callback: hear });
    await nats.flush();
    this.users.set(name, nats);
  }

  /** Appends as the SDK does. @returns Number of stored events. */
  async appendAll(subject: string, count: number): Promise<number> {
    const creds = this.#platform;
    const authenticator = creds.includes("BEGIN NATS") ? { creds } : { seed: creds };
    await using nats = new Alternats({ servers: this.broker.url, authenticator });
    const channel = channelOf<NoParams, string>(subjectOf(subject), text());
    let stored = 0;
    for (let n = 0; n < count; n++) {
      const { duplicate } = await append(nats, channel, `${secretOf(subject)} ${n}`);
      if (!duplicate) stored++;
    }
    return stored;
  }

  /** Creates all streams again, each with some events of each subject and a consumer. */
  async restore(): Promise<void> {
    for await (const { config } of this.manager.streams.list()) {
      await this.manager.streams.delete(config.name);
    }
    if (this.surface.suspects.every(({ isTrusted }) => isTrusted)) await this.#addStreams();
    else await this.#provision();
    this.streams.length = 0;
    this.#stored.length = 0;
    const stored: string[] = [];
    for (const { config } of await this.manager.streams.list().next()) {
      // Others are copies of these.
      if (config.mirror !== undefined) continue;
      this.streams.push(config.name);
      stored.push(...config.subjects);
    }
    const all = this.surface.suspects.flatMap(({ sends, hears }) => [...sends, ...hears]);
    for (const subject of new Set(all.map((pattern) => instance(pattern, ANYONE)))) {
      if (stored.some((pattern) => matches(pattern, subject))) this.#stored.push(subject);
    }
    const client = jetstream(this.judge("APP"));
    for (const subject of this.#stored) {
      for (let n = 0; n < EVENTS; n++) await client.publish(subject, secretOf(subject));
    }
    for (const stream of this.streams) {
      const { config } = await this.manager.streams.info(stream);
      // Such a stream has room for one consumer of a subject.
      if (config.retention === RetentionPolicy.Workqueue) continue;
      await this.manager.consumers.add(stream, {
        durable_name: "history",
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
      });
      // Others can acknowledge what it has, and did not acknowledge.
      await (await client.consumers.get(stream, "history")).next();
    }
    await this.settle();
  }

  async #addStreams(): Promise<void> {
    for (const { stream, settings } of this.surface.streams) {
      await this.manager.streams.add({
        name: stream,
        subjects: [...settings.subjects],
        allow_direct: true,
      });
    }
  }

  async #provision(): Promise<void> {
    const { code, error } = await this.work.command(
      "provision",
      "asyncapi.yaml",
      "--server",
      this.broker.url,
    );
    if (code !== 0) throw new Error(error);
  }

  /** State of all streams of the platform, by name. */
  async look(): Promise<ReadonlyMap<string, StreamState>> {
    const found = new Map<string, StreamState>();
    const infos = await this.manager.streams.list(">").next();
    for (const { config } of infos) {
      const { state } = await this.manager.streams.info(config.name, { subjects_filter: ">" });
      const consumers = new Map<string, ConsumerState>();
      for (const each of await this.manager.consumers.list(config.name).next()) {
        const { delivered, ack_floor, num_ack_pending } = each;
        const position = [delivered.consumer_seq, ack_floor.consumer_seq, num_ack_pending];
        consumers.set(each.name, {
          config: JSON.stringify(each.config),
          position: position.join(" "),
        });
      }
      found.set(config.name, {
        config: JSON.stringify(config),
        first: state.first_seq,
        last: state.last_seq,
        deleted: state.num_deleted ?? 0,
        stores: config.subjects ?? [],
        subjects: new Map(Object.entries(state.subjects ?? {})),
        consumers,
      });
    }
    return found;
  }

  /**
   * Resolves when the server has done all that was sent before, and what followed from it: its queues of requests are
   * served in order.
   */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      for (const stream of this.streams) {
        await this.manager.direct.getMessage(stream, { seq: 1 }).catch(() => undefined);
        await this.manager.streams.info(stream).catch(() => undefined);
      }
      for (const nats of this.#judges.values()) await nats.flush();
      for (const nats of this.users.values()) if (!nats.isClosed()) await nats.flush();
    }
    // Copies of streams are a moment behind.
    const deadline = performance.now() + 10_000;
    while ((await this.#lag()) > 0 && performance.now() < deadline) await sleep(5);
  }

  /** Number of messages that copies of streams do not have yet. */
  async #lag(): Promise<number> {
    const all = await this.manager.streams.list().next();
    return all.reduce((sum, { mirror }) => sum + (mirror?.lag ?? 0), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const nats of [...this.users.values(), ...this.#judges.values()]) await nats.close();
    await this.broker[Symbol.asyncDispose]();
    await this.work[Symbol.asyncDispose]();
  }
}

/** Checks if a pattern includes a subject. @see https://docs.nats.io/nats-concepts/subjects */
export function matches(pattern: string, subject: string): boolean {
  const [all, tokens] = [pattern.split("."), subject.split(".")];
  for (const [i, token] of all.entries()) {
    if (token === ">") return tokens.length > i;
    if (token !== "*" && token !== tokens[i]) return false;
  }
  return all.length === tokens.length;
}

const decoder = new TextDecoder();

/** The official client's authenticator for the text of a `.nk` or a `.creds` file. */
function official(text: string): Authenticator {
  return text.includes("BEGIN NATS")
    ? credsAuthenticator(new TextEncoder().encode(text))
    : nkeyAuthenticator(seedOf(text));
}

function seedOf(text: string): Uint8Array {
  return new TextEncoder().encode(/^S[UA]\w+$/m.exec(text)?.[0] ?? "");
}

/** Text of credentials by account. */
type Judges = ReadonlyMap<string, string>;

/** Adds a user with all permissions to each account of a configuration. */
async function addJudges(work: Workplace): Promise<Judges> {
  const file = work.path("broker/accounts.conf");
  const judges = new Map<string, string>();
  const text = (await readFile(file, "utf8")).replaceAll(
    /^ {2}"?([\w-]+)"? \{\n([\s\S]*?)^ {2}\}\n/gm,
    (block, account: string) => {
      if (account === "SYS") return block;
      const pair = createUser();
      judges.set(account, decoder.decode(pair.getSeed()));
      const user = `{ nkey: "${pair.getPublicKey()}" }`;
      return /^ {4}users: \[/m.test(block)
        ? block.replace(/^ {4}users: \[/m, `    users: [ ${user}`)
        : block.replace(/\{\n/, `{\n    users: [ ${user} ]\n`);
    },
  );
  await writeFile(file, text);
  return judges;
}

/** Signs a user with all permissions for each account of an operator. */
async function signJudges(work: Workplace): Promise<Judges> {
  const judges = new Map<string, string>();
  for (const file of await readdir(join(work.secrets, "accounts"))) {
    const [account = "", ending] = file.split(/\.(?=\w+$)/);
    if (ending !== "nk" || account === "SYS") continue;
    const pair = createUser();
    const signer = fromSeed(seedOf(await work.secret(`accounts/${file}`)));
    const creds = fmtCreds(await encodeUser("judge", pair, signer, {}), pair);
    judges.set(account, decoder.decode(creds));
  }
  return judges;
}
