import { cpuUsage } from "node:process";
import { isDeepStrictEqual } from "node:util";
import type { NatsSerializer } from "alternats";
import { ChunkPool } from "../../runtime/src/buffers/chunk-pool.ts";
import { WriteBuffer } from "../../runtime/src/buffers/write-buffer.ts";
import { median } from "../harness/statistics.ts";

/** Values of a type whose codec is measured. */
export interface Subject {
  readonly name: string;
  /** The name of their type. */
  readonly type: string;
  readonly values: readonly unknown[];
  /** Whether the targets for game events are meant for it. */
  readonly target?: boolean;
}

/** How many times as fast as the library a codec is, and how fast: nanoseconds for a value. */
export interface Speed {
  readonly times: number;
  readonly nanoseconds: number;
}

/** What was measured for values of a type. */
export interface Measured {
  readonly format: "json" | "msgpack";
  readonly name: string;
  readonly target: boolean;
  /** Of the first value, as the library writes it. */
  readonly bytes: number;
  readonly encode: Speed;
  readonly decode: Speed;
  /** Decoding what the library wrote, its keys in the order of the values. */
  readonly decodeOther: Speed;
}

/** Processor time of one sample, in microseconds. */
const SAMPLE = 1000;
/** Values that are written or read, twice at least, before a work is measured. */
const WARM_UP = 15_000;
/** Milliseconds that it takes at least, for small values need little and the compiler as long as for others. */
const WARM_UP_TIME = 25;

const buffer = new WriteBuffer(new ChunkPool(), 2 ** 28, () => {});

function write(codec: NatsSerializer, value: unknown): void {
  buffer.begin();
  buffer.beginPayload();
  codec.serialize(value, buffer);
}

function bytesOf(codec: NatsSerializer, value: unknown): Buffer {
  write(codec, value);
  const { position, length } = buffer;
  const bytes = Buffer.from(buffer.buffer.subarray(position - length, position));
  buffer.rollback();
  return bytes;
}

/** Payloads as they lie in a read buffer, one behind the other. */
function frames(payloads: readonly Buffer[]): (codec: NatsSerializer) => () => void {
  const all = Buffer.concat(payloads);
  let end = 0;
  const places = payloads.map(({ length }) => {
    end += length;
    return [end - length, end] as const;
  });
  return (codec) => () => {
    for (const [from, to] of places) codec.deserialize(all, from, to);
  };
}

/**
 * Measures a compiled codec beside the library: turn by turn in one process, in processor time, so that
 * what else the machine does disturbs both alike.
 *
 * @throws Error where one does not read what the other wrote.
 */
export function measure(
  { name, values, target = false }: Subject,
  format: Measured["format"],
  compiled: NatsSerializer,
  library: NatsSerializer,
  rounds: number,
): Measured {
  const own = values.map((value) => bytesOf(compiled, value));
  const others = values.map((value) => bytesOf(library, value));
  for (const [i, value] of values.entries()) {
    for (const bytes of [own[i]!, others[i]!]) {
      for (const codec of [compiled, library]) {
        if (isDeepStrictEqual(codec.deserialize(bytes, 0, bytes.length), value)) continue;
        throw new Error(`${name}: ${format} ${bytes.toString("latin1")} is read as another value`);
      }
    }
  }
  const encode = (codec: NatsSerializer) => () => {
    for (const value of values) {
      write(codec, value);
      buffer.rollback();
    }
  };
  const readOwn = frames(own);
  const readOthers = frames(others);
  const pairs = {
    encode: [encode(library), encode(compiled)],
    decode: [readOwn(library), readOwn(compiled)],
    decodeOther: [readOthers(library), readOthers(compiled)],
  } as const;
  const speeds = Object.entries(pairs).map(([what, pair]) => {
    const times = (Object.values(pair) as (() => void)[]).map((work) =>
      repetitions(work, values.length),
    );
    const ratios: number[] = [];
    const costs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      const cost = [0, 0];
      for (const i of order) cost[i] = sample(pair[i]!, times[i]!);
      ratios.push(cost[0]! / cost[1]!);
      costs.push((1000 * cost[1]!) / values.length);
    }
    return [what, { times: median(ratios), nanoseconds: median(costs) }];
  });
  return { format, name, target, bytes: others[0]!.length, ...Object.fromEntries(speeds) };
}

/**
 * Warms up: until the compiler has had its time, which takes thousands of calls and is not done at once.
 *
 * @returns How often the work fits into a sample.
 */
function repetitions(work: () => void, values: number): number {
  const times = Math.ceil(WARM_UP / values);
  const until = performance.now() + WARM_UP_TIME;
  sample(work, times);
  let cost = sample(work, times);
  while (performance.now() < until) cost = sample(work, times);
  return Math.max(1, Math.round(SAMPLE / cost));
}

/** @returns Microseconds of processor time for each time. */
function sample(work: () => void, times: number): number {
  const before = cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = cpuUsage(before);
  return (user + system) / times;
}
