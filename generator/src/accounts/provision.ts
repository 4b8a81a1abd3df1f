import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { NatsConnection } from "alternats";
import type { StreamConfig } from "alternats/jetstream";
import type { StrangerConsumer } from "../roles/stranger-streams.js";
import { LIVE, type Stranger } from "../roles/strangers.js";
import type { StreamInstance } from "../roles/stream-instances.js";
import { codeOf } from "./engine.js";
import { PushError } from "./errors.js";

/** Requirements of a user that is not trusted on the streams of a broker. */
export type Needs = Pick<Stranger, "streams" | "stored">;

/** A change in the platform's streams. */
export interface Provisioned {
  readonly action: "created" | "changed" | "removed";
  readonly kind: "stream" | "part" | "consumer";
  readonly name: string;
}

/** Mark of everything that this command has created for strangers, and may remove. */
const OWNER = { alternats: "stranger" } as const;

/** Checks if this command has created a stream or a consumer. */
function isOwn({ metadata }: Pick<Config, "metadata">): boolean {
  return metadata?.alternats === OWNER.alternats;
}

/** Subject that streams publish to when they have stored a message. */
const republish = { src: ">", dest: `${LIVE}>` } as const;

/** A stream or a consumer as the server describes it. */
interface Config {
  readonly name: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly republish?: { readonly src?: string; readonly dest?: string };
  readonly mirror?: { readonly name: string; readonly subject_transforms?: readonly Transform[] };
  readonly filter_subjects?: readonly string[];
  readonly filter_subject?: string;
  readonly num_replicas?: number;
  readonly max_age?: number;
  readonly max_bytes?: number;
  readonly max_msgs?: number;
  readonly max_msgs_per_subject?: number;
  readonly storage?: string;
}

interface Transform {
  readonly src: string;
  readonly dest: string;
}

interface Answer {
  readonly error?: {
    readonly code?: number;
    readonly err_code?: number;
    readonly description?: string;
  };
  readonly total?: number;
  readonly streams?: readonly { readonly config: Config }[] | null;
  readonly consumers?: readonly { readonly name: string; readonly config: Config }[] | null;
  readonly config?: Config;
}

/**
 * Creates, changes and removes what users that are not trusted need in the platform's streams: the
 * streams of the document, their parts, and consumers. Streams of the document are never removed.
 * A second call changes nothing.
 *
 * @param nats A connection of the user `provisioner`.
 * @param needs All users that are not trusted, those created at run time included.
 * @throws PushError if a server refuses a change, and the errors of `ensureStreams`
 */
export async function provision(
  nats: NatsConnection,
  needs: readonly Needs[],
): Promise<readonly Provisioned[]> {
  const changes: Provisioned[] = [];
  await streamsOf(nats);
  const instances = new Map(needs.flatMap(({ stored }) => stored.map((each) => [each.name, each])));
  await ensure(nats, [...instances.values()], changes);
  const parts = new Map<string, { readonly of: string; readonly subjects: readonly string[] }>();
  const consumers = new Map<string, Map<string, StrangerConsumer>>();
  for (const { stream, part, subjects, consumers: own } of needs.flatMap((each) => each.streams)) {
    if (part !== undefined) parts.set(part, { of: stream, subjects });
    const known = consumers.get(stream) ?? new Map<string, StrangerConsumer>();
    consumers.set(stream, known);
    for (const each of own) known.set(each.name, each);
  }
  for (const found of await streamsOf(nats)) {
    const { name } = found;
    if (isOwn(found)) {
      if (parts.has(name)) continue;
      await ask(nats, `STREAM.DELETE.${name}`);
      changes.push({ action: "removed", kind: "part", name });
    } else await ensureConsumers(nats, name, consumers.get(name) ?? new Map(), changes);
  }
  for (const [name, { of, subjects }] of parts) await ensurePart(nats, name, of, subjects, changes);
  return changes;
}

/** Creates and changes the streams of the document, which publish again what they store. */
async function ensure(
  nats: NatsConnection,
  instances: readonly StreamInstance[],
  changes: Provisioned[],
): Promise<void> {
  const { ensureStreams } = await import("alternats/jetstream");
  const configs = instances.map((config) => ({ config: config as StreamConfig }));
  for (const { stream, action } of await ensureStreams(nats, configs)) {
    if (action === "none") continue;
    const did = action === "create" ? "created" : "changed";
    changes.push({ action: did, kind: "stream", name: stream });
  }
  for (const { name } of instances) {
    const { config } = await ask(nats, `STREAM.INFO.${name}`);
    const { src, dest } = config?.republish ?? {};
    if (src === republish.src && dest === republish.dest) continue;
    await ask(nats, `STREAM.UPDATE.${name}`, { ...config, republish });
    if (!changes.some((each) => each.name === name))
      changes.push({ action: "changed", kind: "stream", name });
  }
}

/** Creates the part of a stream that a stranger may read: direct reads see everything in a stream. */
async function ensurePart(
  nats: NatsConnection,
  name: string,
  of: string,
  subjects: readonly string[],
  changes: Provisioned[],
): Promise<void> {
  const { config } = await ask(nats, `STREAM.INFO.${of}`);
  const found = await ask(nats, `STREAM.INFO.${name}`, undefined, [STREAM_NOT_FOUND]);
  if (found.config !== undefined && !isOwn(found.config))
    throw new PushError(
      `The part of the stream ${of} is the stream ${name}, but there is another stream of that name, which alternats-gen provision has not created. Rename or remove that stream, or rename the account of the user that reads the part.`,
    );
  const held = found.config?.mirror?.subject_transforms?.map(({ src }) => src) ?? [];
  const limits = limitsOf(config);
  const isSame =
    held.length === subjects.length &&
    held.every((each) => subjects.includes(each)) &&
    isDeepStrictEqual(limitsOf(found.config), limits);
  if (found.config !== undefined && isSame) return;
  // The subjects of a mirror cannot be changed. Nothing is lost: it is a copy.
  if (found.config !== undefined) await ask(nats, `STREAM.DELETE.${name}`);
  await ask(nats, `STREAM.CREATE.${name}`, {
    name,
    storage: config?.storage,
    num_replicas: config?.num_replicas,
    ...limits,
    allow_direct: true,
    mirror_direct: false,
    metadata: OWNER,
    mirror: { name: of, subject_transforms: subjects.map((src) => ({ src, dest: "" })) },
  });
  const action = found.config === undefined ? "created" : "changed";
  changes.push({ action, kind: "part", name });
}

function limitsOf(config: Config | undefined) {
  const { max_age, max_bytes, max_msgs, max_msgs_per_subject } = config ?? {};
  return { max_age, max_bytes, max_msgs, max_msgs_per_subject };
}

async function ensureConsumers(
  nats: NatsConnection,
  stream: string,
  wanted: ReadonlyMap<string, StrangerConsumer>,
  changes: Provisioned[],
): Promise<void> {
  const there = await consumersOf(nats, stream);
  for (const each of there) {
    const { name } = each;
    if (!isOwn(each) || wanted.has(name)) continue;
    await ask(nats, `CONSUMER.DELETE.${stream}.${name}`);
    changes.push({ action: "removed", kind: "consumer", name: `${stream} ${name}` });
  }
  for (const { name, subjects } of wanted.values()) {
    const found = there.find((each) => each.name === name);
    if (found !== undefined && !isOwn(found))
      throw new PushError(
        `The stream ${stream} has a consumer ${name}, which alternats-gen provision has not created, but a user that is not trusted needs one of that name. Remove that consumer, or rename the user's account.`,
      );
    const {
      filter_subject,
      filter_subjects = filter_subject === undefined ? [] : [filter_subject],
    } = found ?? {};
    const isSame = [...filter_subjects].sort().join() === [...subjects].sort().join();
    if (found !== undefined && isSame) continue;
    await ask(nats, `CONSUMER.CREATE.${stream}.${name}`, {
      stream_name: stream,
      config: {
        ...found,
        filter_subject: undefined,
        name,
        durable_name: name,
        ack_policy: "explicit",
        filter_subjects: subjects,
        max_ack_pending: -1,
        metadata: OWNER,
      },
    });
    const action = found === undefined ? "created" : "changed";
    changes.push({ action, kind: "consumer", name: `${stream} ${name}` });
  }
}

const STREAM_NOT_FOUND = 10059;

/** Number of entries in an answer of a list. */
const PAGE = 256;

async function streamsOf(nats: NatsConnection): Promise<readonly Config[]> {
  return listed(nats, "STREAM.LIST", ({ streams }) => (streams ?? []).map(({ config }) => config));
}

async function consumersOf(nats: NatsConnection, stream: string): Promise<readonly Config[]> {
  return listed(nats, `CONSUMER.LIST.${stream}`, ({ consumers }) =>
    (consumers ?? []).map(({ name, config }) => ({ ...config, name })),
  );
}

async function listed(
  nats: NatsConnection,
  command: string,
  read: (answer: Answer) => readonly Config[],
): Promise<readonly Config[]> {
  const all: Config[] = [];
  for (;;) {
    const page = read(await ask(nats, command, { offset: all.length }));
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** Milliseconds in which a cluster that has just started finds its leaders. */
const PATIENCE = 30_000;

/** Asks again while JetStream has no leader. */
async function answered(
  nats: NatsConnection,
  command: string,
  body: object | undefined,
): Promise<Answer> {
  for (const end = Date.now() + PATIENCE; ; await setTimeout(250)) {
    try {
      const answer = await nats.request<Answer>(`$JS.API.${command}`, body);
      if (answer.error?.code !== 503 || Date.now() > end) return answer;
    } catch (error) {
      const isAway = ["NO_RESPONDERS", "TIMEOUT"].includes(String(codeOf(error)));
      if (!isAway || Date.now() > end) throw error;
    }
  }
}

/** @param expected Codes of errors that are an answer. */
async function ask(
  nats: NatsConnection,
  command: string,
  body?: object,
  expected: readonly number[] = [],
): Promise<Answer> {
  const { error, ...answer } = await answered(nats, command, body);
  if (error !== undefined && !expected.includes(error.err_code ?? 0))
    throw new PushError(`JetStream refused ${command}: ${error.description ?? "no reason"}.`);
  return answer;
}
