import { type ContenderName, isOurs, type Work } from "../work/work.js";
import { Contender, type Sample } from "./contender.js";
import type { Setting } from "./setting.js";
import { median } from "./statistics.js";

/** How one contender did. */
export interface Result {
  readonly work: string;
  readonly contender: ContenderName;
  /** Messages per second: the median of the rounds, the slowest and the fastest. */
  readonly rate: { readonly median: number; readonly min: number; readonly max: number };
  /** The longest time that the event loop was held, in milliseconds: the median of the rounds. */
  readonly lag?: number;
  /**
   * The processor's time for a message, in microseconds, where the client tells: its own, the server's where that is
   * measured, and of others how many times ours the client's was. What else the machine does disturbs it least.
   */
  readonly processor?: {
    readonly client: number;
    readonly server?: number;
    readonly ratio?: number;
  };
  /** How many times as fast ours was: the median over the rounds, each compared with itself. */
  readonly ratio?: number;
  /** What the ratio should be at least. */
  readonly target?: number;
}

/** How often a work is done. */
export interface Rounds {
  readonly rounds: number;
  readonly warmUps: number;
}

/**
 * Runs one work. In each round every contender does it once, and each round begins with another one:
 * what the machine does meanwhile meets them all.
 */
export async function contest(
  work: Work,
  setting: Setting,
  { rounds, warmUps }: Rounds,
): Promise<Result[]> {
  const contenders: Contender[] = [];
  try {
    const names = [work.ours ?? "alternats", ...Object.keys(work.peers)] as ContenderName[];
    for (const [i, name] of names.entries()) {
      if (setting.absent.has(name)) continue;
      const subject = (work.subject ?? "bench.{contender}").replace("{contender}", String(i));
      const task = { ...work, server: setting.server(name, work), subject };
      contenders.push(await Contender.start(name, setting.command(name, task)));
    }
    const samples = contenders.map((): ServedSample[] => []);
    for (let round = -warmUps; round < rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const i = (turn + warmUps + round) % contenders.length;
        const before = await setting.processorOfServer(work);
        const sample = await contenders[i]!.sample();
        const after = await setting.processorOfServer(work);
        const server = before === undefined || after === undefined ? undefined : after - before;
        if (round >= 0) samples[i]!.push({ ...sample, server });
      }
    }
    return contenders.map(({ name }, i) => result(work, name, samples[i]!, samples[0]!));
  } finally {
    for (const contender of contenders) await contender[Symbol.asyncDispose]();
  }
}

/** With what it took of the server's processor, in seconds. */
interface ServedSample extends Sample {
  readonly server: number | undefined;
}

function result(
  work: Work,
  contender: ContenderName,
  samples: readonly ServedSample[],
  ours: readonly ServedSample[],
): Result {
  const rates = samples.map(({ seconds }) => work.messages / seconds);
  const lags = samples.flatMap(({ lag }) => lag ?? []);
  const common = {
    work: work.name,
    contender,
    rate: rounded({ median: median(rates), min: Math.min(...rates), max: Math.max(...rates) }),
    ...(lags.length > 0 && { lag: Number(median(lags).toFixed(1)) }),
    ...processorOf(work, samples, isOurs(contender) ? undefined : ours),
  };
  if (isOurs(contender)) return common;
  const ratio = median(samples.map(({ seconds }, round) => seconds / ours[round]!.seconds));
  return { ...common, ratio: Number(ratio.toFixed(2)), target: work.peers[contender]! };
}

function processorOf(
  work: Work,
  samples: readonly ServedSample[],
  ours: readonly ServedSample[] | undefined,
): Pick<Result, "processor"> {
  const clients = samples.flatMap(({ processor }) => processor ?? []);
  const servers = samples.flatMap(({ server }) => server ?? []);
  if (clients.length === 0) return {};
  const each = (seconds: number) => Number(((seconds * 1e6) / work.messages).toFixed(2));
  const ratios = clients.flatMap((client, round) => {
    const own = ours?.[round]?.processor;
    return own === undefined ? [] : client / own;
  });
  return {
    processor: {
      client: each(median(clients)),
      ...(servers.length > 0 && { server: each(median(servers)) }),
      ...(ratios.length > 0 && { ratio: Number(median(ratios).toFixed(2)) }),
    },
  };
}

function rounded<K extends string>(values: Record<K, number>): Record<K, number> {
  const entries = Object.entries<number>(values);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Math.round(value)]),
  ) as typeof values;
}
