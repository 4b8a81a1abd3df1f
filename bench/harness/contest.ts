import type { ContenderName, Work } from "../work/work.js";
import { Contender, type Sample } from "./contender.js";
import { median } from "./statistics.js";

/** How one contender did. */
export interface Result {
  readonly work: string;
  readonly contender: ContenderName;
  /** Messages per second: the median of the rounds, the slowest and the fastest. */
  readonly rate: { readonly median: number; readonly min: number; readonly max: number };
  /** The longest time that the event loop was held, in milliseconds: the median of the rounds. */
  readonly lag: number;
  /** How many times as fast alternats was: the median over the rounds, each compared with itself. */
  readonly ratio?: number;
  /** What the ratio should be at least. */
  readonly target?: number;
  readonly samples: readonly Sample[];
}

/** What a contest is run with. */
export interface ContestOptions {
  /** The server. */
  readonly url: string;
  /** The Node.js executable for the contenders. */
  readonly node: string;
  readonly rounds: number;
  readonly warmUps: number;
}

/**
 * Runs one work. In each round every contender does it once, and each round begins with another one:
 * what the machine does meanwhile meets them all.
 */
export async function contest(work: Work, options: ContestOptions): Promise<Result[]> {
  const { url, node, rounds, warmUps } = options;
  const contenders: Contender[] = [];
  try {
    const names = ["alternats", ...Object.keys(work.peers)] as ContenderName[];
    for (const [i, name] of names.entries()) {
      const task = { ...work, url, subject: `bench.${i}` };
      contenders.push(await Contender.start(name, task, node));
    }
    const samples = contenders.map((): Sample[] => []);
    for (let round = -warmUps; round < rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const i = (turn + warmUps + round) % contenders.length;
        const sample = await contenders[i]!.sample();
        if (round >= 0) samples[i]!.push(sample);
      }
    }
    return contenders.map(({ name }, i) => result(work, name, samples[i]!, samples[0]!));
  } finally {
    for (const contender of contenders) await contender[Symbol.asyncDispose]();
  }
}

function result(
  work: Work,
  contender: ContenderName,
  samples: readonly Sample[],
  ours: readonly Sample[],
): Result {
  const rates = samples.map(({ seconds }) => work.messages / seconds);
  const common = {
    work: work.name,
    contender,
    rate: { median: median(rates), min: Math.min(...rates), max: Math.max(...rates) },
    lag: median(samples.map(({ lag }) => lag)),
    samples,
  };
  if (contender === "alternats") return common;
  const ratio = median(samples.map(({ seconds }, round) => seconds / ours[round]!.seconds));
  return { ...common, ratio, target: work.peers[contender]! };
}
