import { gameCommand, gameEvent } from "./game-messages.js";

/** What is done with the messages; each kind is a function in a file of this folder. */
export type WorkKind =
  | "publish"
  | "publishEach"
  | "publishSubscribe"
  | "request"
  | "append"
  | "appendWithId"
  | "consume"
  | "replay";

/** Who can be measured; each is a file in `contenders/`. */
export type ContenderName =
  | "alternats"
  | "alternats/nats-core"
  | "alternats SDK"
  | "nats.js"
  | "nats.c"
  | "raw socket"
  | "ioredis"
  | "node-redis";

/** The faces of our engine. */
export type OurName = (typeof ours)[number];

const ours = ["alternats", "alternats/nats-core", "alternats SDK"] as const;

/** Whether a contender is one of ours. */
export function isOurs(name: ContenderName): name is OurName {
  return ours.some((each) => each === name);
}

/** One line of the results: something to do, and who does it. */
export interface Work {
  /** The line's name in the results; unique. */
  readonly name: string;
  readonly kind: WorkKind;
  /** Messages (or requests) of one sample. The same for every contender. */
  readonly messages: number;
  /** The payload: a number of bytes, or a value and how it is written. */
  readonly payload: number | { readonly as: "json" | "msgpack"; readonly value: unknown };
  /** What it is sent on, with `{contender}` where its number stands; `bench.{contender}` by default. */
  readonly subject?: string;
  /** Messages sent before it is waited for something: room at the publisher, the arrival at the subscribers, a reply. */
  readonly window: number;
  /** Connections subscribed, each of which gets every message; one by default. */
  readonly subscribers?: number;
  /** Whether the server keeps streams. */
  readonly jetStream?: boolean;
  /** Whether NATS is spoken over TLS. */
  readonly tls?: boolean;
  /** Which face of ours does it; `alternats` by default. */
  readonly ours?: OurName;
  /** Who does it beside ours, and how many times as fast as them ours should be. */
  readonly peers: Partial<Record<Exclude<ContenderName, OurName>, number>>;
}

/** Where a contender connects to. */
export interface Server {
  /** `nats://127.0.0.1:<port>`, or the path of redis-server's socket. */
  readonly url: string;
  /** The authority that signed the server's certificate, as PEM text; with it TLS is spoken. */
  readonly ca?: string;
}

/** What a contender is told; plain data, since it travels to a child process. */
export interface Task extends Work {
  readonly server: Server;
  /** Where all is published: to every contender its own, or they would hear each other. */
  readonly subject: string;
}

/**
 * Connects and gets everything ready.
 *
 * @returns Does the work once; called several times.
 */
export type Prepare = (task: Task) => Promise<() => Promise<void>>;

/** The value that a work sends. */
export function payloadOf(work: Work): unknown {
  return typeof work.payload === "number" ? Buffer.alloc(work.payload, "x") : work.payload.value;
}

/** Bytes on the wire that may wait in front of a socket before a publisher waits: 1 MiB. */
const pending = 2 ** 20;

/** A window of as many messages as there are in 1 MiB on the wire. */
function untilPending(size: number): number {
  return Math.floor(pending / (`PUB bench.0 ${size}\r\n`.length + size + 2));
}

const publish = (size: number, messages: number) =>
  ({ kind: "publish", payload: size, messages, window: untilPending(size) }) as const;

/** The targets are those that the project has set itself; see README.md. */
export const works: readonly Work[] = [
  {
    name: "post 16 B",
    ...publish(16, 1_000_000),
    peers: { "nats.js": 4, "nats.c": 0.75, "raw socket": 0.85 },
  },
  { name: "post 128 B", ...publish(128, 500_000), peers: { "nats.js": 4 } },
  { name: "post 1 KiB", ...publish(1024, 200_000), peers: { "nats.js": 3 } },
  { name: "post 8 KiB", ...publish(8192, 40_000), peers: { "nats.js": 1.5 } },
  {
    name: "await publish, 16 B",
    kind: "publishEach",
    messages: 1_000_000,
    payload: 16,
    window: 1,
    peers: { "nats.js": 3 },
  },
  {
    name: "publish -> subscribe, 16 B, windows of 2,000",
    kind: "publishSubscribe",
    messages: 400_000,
    payload: 16,
    window: 2000,
    peers: { "nats.js": 2.2, "nats.c": 1, "raw socket": 0.7 },
  },
  {
    name: "publish -> subscribe, 16 B, windows of 200,000",
    kind: "publishSubscribe",
    messages: 400_000,
    payload: 16,
    window: 200_000,
    peers: { "nats.js": 2.8 },
  },
  {
    name: "publish -> 10 connections, 128 B, kept",
    kind: "publishSubscribe",
    messages: 20_000,
    payload: 128,
    window: 1000,
    subscribers: 10,
    peers: { "nats.js": 1.9 },
  },
  {
    name: "request, 256 in flight, 16 B",
    kind: "request",
    messages: 20_000,
    payload: 16,
    window: 256,
    peers: { "nats.js": 9, "raw socket": 0.6 },
  },
  {
    name: "request, 256 in flight, JSON",
    kind: "request",
    messages: 20_000,
    payload: { as: "json", value: gameCommand },
    window: 256,
    peers: { "nats.js": 7 },
  },
  {
    name: "request, one at a time, 16 B",
    kind: "request",
    messages: 2000,
    payload: 16,
    window: 1,
    peers: { "nats.js": 1.3, "raw socket": 0.85 },
  },
  {
    name: "game event as JSON, publish -> subscribe",
    kind: "publishSubscribe",
    messages: 100_000,
    payload: { as: "json", value: gameEvent },
    window: 2000,
    peers: { "nats.js": 1.5 },
  },
  {
    name: "game event as MessagePack, publish -> subscribe",
    kind: "publishSubscribe",
    messages: 100_000,
    payload: { as: "msgpack", value: gameEvent },
    window: 2000,
    peers: { "nats.js": 1.4 },
  },
  {
    name: "game event as JSON, publish -> typed handler of an SDK",
    kind: "publishSubscribe",
    messages: 100_000,
    payload: { as: "json", value: gameEvent },
    subject: "bench.json.servers.eu-1.matches.{contender}.hit",
    window: 2000,
    ours: "alternats SDK",
    peers: { "nats.js": 2.8 },
  },
  {
    name: "game event as MessagePack, publish -> typed handler of an SDK",
    kind: "publishSubscribe",
    messages: 100_000,
    payload: { as: "msgpack", value: gameEvent },
    subject: "bench.msgpack.servers.eu-1.matches.{contender}.hit",
    window: 2000,
    ours: "alternats SDK",
    peers: { "nats.js": 3 },
  },
  {
    name: "TLS: post 16 B",
    ...publish(16, 500_000),
    tls: true,
    peers: { "nats.js": 3.5 },
  },
  {
    name: "TLS: publish -> subscribe, 16 B, windows of 2,000",
    kind: "publishSubscribe",
    messages: 200_000,
    payload: 16,
    window: 2000,
    tls: true,
    peers: { "nats.js": 2 },
  },
  {
    name: "through alternats/nats-core: publish 16 B",
    ...publish(16, 500_000),
    ours: "alternats/nats-core",
    peers: { "nats.js": 3 },
  },
  {
    name: "through alternats/nats-core: publish -> callback, 16 B, windows of 2,000",
    kind: "publishSubscribe",
    messages: 200_000,
    payload: 16,
    window: 2000,
    ours: "alternats/nats-core",
    peers: { "nats.js": 1.8 },
  },
  {
    name: "through alternats/nats-core: request, 256 in flight, 16 B",
    kind: "request",
    messages: 20_000,
    payload: 16,
    window: 256,
    ours: "alternats/nats-core",
    peers: { "nats.js": 4 },
  },
  {
    name: "append to a stream, 256 in flight, 128 B",
    kind: "append",
    messages: 30_000,
    payload: 128,
    window: 256,
    jetStream: true,
    peers: { "nats.js": 3 },
  },
  {
    name: "append to a stream with random ids, 256 in flight, 128 B",
    kind: "appendWithId",
    messages: 30_000,
    payload: 128,
    window: 256,
    jetStream: true,
    peers: { "nats.js": 3 },
  },
  {
    name: "consume from a stream, each acknowledged, 128 B",
    kind: "consume",
    messages: 100_000,
    payload: 128,
    window: 512,
    jetStream: true,
    peers: { "nats.js": 2 },
  },
  {
    name: "replay a stream, 128 B",
    kind: "replay",
    messages: 1_000_000,
    payload: 128,
    window: 1,
    jetStream: true,
    peers: { "nats.js": 2 },
  },
  {
    name: "beside Redis: publish -> subscribe, 16 B, windows of 2,000",
    kind: "publishSubscribe",
    messages: 40_000,
    payload: 16,
    window: 2000,
    peers: { ioredis: 8, "node-redis": 8 },
  },
];
