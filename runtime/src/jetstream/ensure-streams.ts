import type { NatsCommand } from "../commands/nats-command.js";
import { callOf } from "../waiting/call.js";
import { api, type JetStreamOptions, nanoseconds } from "./api.js";
import { checkName } from "./check.js";
import { DataLossError, NoStreamError } from "./errors.js";
import type { Stream, StreamConfig } from "./stream.js";

/** Options of creating and changing streams. */
export interface EnsureOptions extends JetStreamOptions {
  /** Only reports the changes; default `false`. */
  readonly dryRun?: boolean;
  /**
   * `true` to allow changes that lose stored messages; default `false`. If the server cannot change
   * a property, the stream is then deleted and created again.
   */
  readonly allowDataLoss?: boolean;
}

/** A difference between a stream and its configuration. */
export interface StreamChange {
  readonly property: keyof StreamConfig;
  /** `undefined` for a stream that does not exist yet. */
  readonly from: unknown;
  readonly to: unknown;
  /** Description of the loss; `undefined` if there is none. */
  readonly loses: string | undefined;
}

/** Plan for a stream. */
export interface StreamPlan {
  readonly stream: string;
  /** `recreate` loses all messages of the stream, and its consumers with their state. */
  readonly action: "create" | "update" | "recreate" | "none";
  readonly changes: readonly StreamChange[];
}

/** A stream as the server describes it. */
interface StreamInfo {
  readonly config: WireConfig;
  readonly state: {
    readonly messages: number;
    readonly bytes: number;
    readonly first_ts: string;
    readonly consumer_count: number;
  };
}

type WireConfig = Readonly<Record<string, unknown>>;

/** Names of properties on the server, with units that differ. */
const PROPERTIES = {
  subjects: "subjects",
  description: "description",
  retention: "retention",
  storage: "storage",
  discard: "discard",
  discardNewPerSubject: "discard_new_per_subject",
  maxAge: "max_age",
  maxBytes: "max_bytes",
  maxMessages: "max_msgs",
  maxMessagesPerSubject: "max_msgs_per_subject",
  maxMessageSize: "max_msg_size",
  maxConsumers: "max_consumers",
  replicas: "num_replicas",
  duplicateWindow: "duplicate_window",
  allowDirect: "allow_direct",
  denyDelete: "deny_delete",
  denyPurge: "deny_purge",
} as const satisfies Record<Exclude<keyof StreamConfig, "name">, string>;

const TIMES: ReadonlySet<string> = new Set(["maxAge", "duplicateWindow"]);
/** Properties that the server cannot change in an existing stream. */
const FIXED: ReadonlySet<string> = new Set([
  "retention",
  "storage",
  "maxConsumers",
  "denyDelete",
  "denyPurge",
]);

/**
 * Creates missing streams, and changes those that differ from their configuration. Settings that a
 * configuration does not contain are not changed. A second call changes nothing.
 *
 * ```ts
 * for (const { stream, action, changes } of await ensureStreams(nats, [events], { dryRun: true })) {
 *   console.log(stream, action, changes);
 * }
 * ```
 *
 * @param streams The streams.
 * @returns The changes that were made, or would be. Rejects with DataLossError, before anything is
 * changed, if something would be lost that `allowDataLoss` does not allow; with
 * InvalidArgumentError, JetStreamOffError, JetStreamError, or the errors of NatsCommand.request.
 */
export function ensureStreams(
  nats: NatsCommand,
  streams: readonly Pick<Stream<object>, "config">[],
  options: EnsureOptions = {},
): Promise<readonly StreamPlan[]> {
  return callOf(async () => {
    const { dryRun = false, allowDataLoss = false } = options;
    for (const { config } of streams) checkName("name", config.name);
    const found = await Promise.all(
      streams.map(({ config }) => readStream(nats, config.name, options)),
    );
    const plans = streams.map(({ config }, i) => plan(config, found[i]));
    if (dryRun) return plans;
    const losses = plans.flatMap(({ stream, changes }) =>
      changes.flatMap(({ property, loses }) =>
        loses === undefined ? [] : `${stream}.${property}: ${loses}`,
      ),
    );
    if (losses.length > 0 && !allowDataLoss) {
      throw new DataLossError(
        `Nothing was changed, because data would be lost: ${losses.join("; ")}. Set allowDataLoss: true to accept this loss.`,
      );
    }
    for (const [i, { action }] of plans.entries()) {
      await carryOut(nats, streams[i]!.config, action, found[i], options);
    }
    return plans;
  }, nats);
}

async function carryOut(
  nats: NatsCommand,
  config: StreamConfig,
  action: StreamPlan["action"],
  found: StreamInfo | undefined,
  options: JetStreamOptions,
): Promise<void> {
  if (action === "none") return;
  const { name } = config;
  if (action === "recreate") await api(nats, `STREAM.DELETE.${name}`, undefined, options);
  const base = action === "update" ? found?.config : { num_replicas: 1 };
  const command = action === "update" ? "UPDATE" : "CREATE";
  await api(nats, `STREAM.${command}.${name}`, { ...base, ...toWire(config) }, options);
}

async function readStream(
  nats: NatsCommand,
  name: string,
  options: JetStreamOptions,
): Promise<StreamInfo | undefined> {
  try {
    return await api<StreamInfo>(nats, `STREAM.INFO.${name}`, undefined, options);
  } catch (error) {
    if (error instanceof NoStreamError) return undefined;
    throw error;
  }
}

function plan(config: StreamConfig, found: StreamInfo | undefined): StreamPlan {
  const wanted = toWire(config);
  const changes: StreamChange[] = [];
  for (const [property, name] of Object.entries(PROPERTIES)) {
    const key = property as keyof typeof PROPERTIES;
    const to = wanted[name];
    if (to === undefined) continue;
    const from = found?.config[name];
    if (found !== undefined && same(key, from, to)) continue;
    changes.push({
      property: key,
      from: found === undefined ? undefined : fromWire(key, from),
      to: fromWire(key, to),
      loses: found === undefined ? undefined : losing(key, fromWire(key, to), found),
    });
  }
  return { stream: config.name, action: actionOf(changes, found), changes };
}

function actionOf(
  changes: readonly StreamChange[],
  found: StreamInfo | undefined,
): StreamPlan["action"] {
  if (found === undefined) return "create";
  if (changes.some(({ property }) => FIXED.has(property))) return "recreate";
  return changes.length === 0 ? "none" : "update";
}

/** @returns Description of the stored data that a change loses. */
function losing(
  property: keyof typeof PROPERTIES,
  to: unknown,
  { state }: StreamInfo,
): string | undefined {
  const { messages, bytes, first_ts: first, consumer_count: consumers } = state;
  if (FIXED.has(property) && messages + consumers > 0) {
    return `it cannot be changed, so the stream would be created again without its ${messages} messages and ${consumers} consumers`;
  }
  if (messages === 0) return undefined;
  const limit = Number(to);
  if (!(limit > 0)) return undefined;
  if (property === "maxMessages" && messages > limit) {
    return `${messages - limit} of ${messages} messages`;
  }
  if (property === "maxMessagesPerSubject" && messages > limit) {
    return `all messages of each subject except the last ${limit}`;
  }
  if (property === "maxBytes" && bytes > limit) return `messages of ${bytes - limit} bytes`;
  if (property === "maxAge" && Date.now() - Date.parse(first) > limit) {
    return `the messages before ${new Date(Date.now() - limit).toISOString()}`;
  }
  return undefined;
}

function toWire(config: StreamConfig): WireConfig {
  const wire: Record<string, unknown> = { name: config.name };
  for (const [property, name] of Object.entries(PROPERTIES)) {
    const value = config[property as keyof StreamConfig];
    if (value === undefined) continue;
    wire[name] = TIMES.has(property) ? nanoseconds(Number(value)) : value;
  }
  wire.allow_direct ??= true;
  // The server requires that the window is not longer than the lifetime of messages.
  const age = Number(wire.max_age ?? 0);
  if (age > 0 && wire.duplicate_window === undefined && age < DEFAULT_WINDOW) {
    wire.duplicate_window = age;
  }
  return wire;
}

/** The server's default in nanoseconds: two minutes. */
const DEFAULT_WINDOW = nanoseconds(120_000);

function fromWire(property: string, value: unknown): unknown {
  return TIMES.has(property) && typeof value === "number" ? value / nanoseconds(1) : value;
}

/** Compares values: the server omits zeros, and may change the order of subjects. */
function same(property: string, from: unknown, to: unknown): boolean {
  if (property === "subjects") {
    const sorted = (subjects: unknown) => JSON.stringify([...(subjects as string[])].sort());
    return Array.isArray(from) && Array.isArray(to) && sorted(from) === sorted(to);
  }
  return (from ?? zero(to)) === to;
}

function zero(of: unknown): unknown {
  return typeof of === "string" ? "" : typeof of === "boolean" ? false : 0;
}
