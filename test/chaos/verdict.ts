import type { Rejection } from "./append-ledger.js";
import { FAULT_KINDS, type Fault } from "./fault-log.js";
import { faultOf } from "./replays.js";
import type { AppenderResult, Results } from "./run.js";

/** Minimum number of acknowledged appends in a minute. */
const APPENDS_A_MINUTE = 20_000;
/** Minimum number of faults of each kind in a minute. */
const FAULTS_A_MINUTE = 3;
/** Number of examples of each kind of failure. */
const EXAMPLES = 2;

/** Condition for a run to pass. */
export interface Condition {
  readonly name: string;
  readonly holds: boolean;
  /** Examples of failures. */
  readonly evidence: readonly string[];
}

/** @returns The conditions for a run to pass. */
export function verdict(results: Results): Condition[] {
  const { seconds, faults, stored, workers, replays, watch, unhandled, corruption } = results;
  const ours = results.appenders.filter(({ ledger }) => ledger.traits.ours);
  const withId = ours.filter(({ ledger }) => ledger.traits.withId);
  const ordered = ours.filter(({ ledger }) => ledger.traits.ordered);
  const minutes = seconds / 60;
  const acknowledged = ours.reduce((sum, { ledger }) => sum + ledger.acknowledged.size, 0);
  const leastAppends = Math.floor(APPENDS_A_MINUTE * minutes);
  const leastFaults = Math.floor(FAULTS_A_MINUTE * minutes);
  const unsettled = (drains: boolean) =>
    [...watch.kinds]
      .filter(([kind, { begun, settled }]) => kind.includes("drain") === drains && settled < begun)
      .map(([kind, { begun, settled }]) => `${kind}: ${begun - settled} of ${begun}`);
  return [
    none("acknowledged and lost", numbers(ours, "lost")),
    none("acknowledged with another's sequence", numbers(ours, "misplaced")),
    none("stored twice", numbers(ours, "twice")),
    none("appends with an id rejected", withId.flatMap(rejections(results))),
    none("order not kept", numbers(ordered, "disordered")),
    none(
      "workers incomplete",
      workers.flatMap((worker) => [
        ...worker.failures.map((error) => `${worker.name} ended: ${error}`),
        ...some(worker.name, worker.missing(stored.get(worker.stream)!)),
      ]),
    ),
    none(
      "replays incomplete",
      replays.ledgers.flatMap((ledger) => {
        const fault = faultOf(ledger, stored.get(ledger.stream)!);
        if (fault === undefined) return [];
        const kind = ledger.failure === undefined ? "gap" : nameOf(ledger.failure);
        return [{ kind, text: `${ledger.name} from ${ledger.from} ${fault}` }];
      }),
    ),
    none("requests with another's answer", some("requests", results.requests.wrong)),
    none("unhandled rejections", unhandled.ours),
    none("drains not settled", unsettled(true)),
    none("other calls not settled", unsettled(false)),
    none(
      "not recovered from corrupted bytes",
      corruption.filter(({ recovered }) => !recovered).map(({ name }) => name),
    ),
    none(
      `fewer than ${leastAppends} acknowledged appends`,
      acknowledged < leastAppends ? [`only ${acknowledged}`] : [],
    ),
    none(
      `fewer than ${leastFaults} faults of a kind`,
      FAULT_KINDS.filter((kind) => faults.count(kind) < leastFaults).map(
        (kind) => `${kind}: only ${faults.count(kind)}`,
      ),
    ),
  ];
}

/** @returns A short name of an error: its code, and the server's error number. */
export function nameOf(error: unknown): string {
  const { code, errorCode } = error as { readonly code?: string; readonly errorCode?: number };
  return [code ?? (error as Error).name, errorCode].filter(Boolean).join(" ");
}

/** Description of a failure. */
type Wrong = string | { readonly kind: string; readonly text: string };

function none(name: string, wrong: readonly Wrong[]): Condition {
  const kinds = new Map<string, string[]>();
  for (const one of wrong) {
    const { kind, text } = typeof one === "string" ? { kind: "", text: one } : one;
    const found = kinds.get(kind);
    if (found === undefined) kinds.set(kind, [text]);
    else found.push(text);
  }
  const evidence = [...kinds].flatMap(([kind, texts]) => [
    ...texts.slice(0, EXAMPLES),
    ...(texts.length > EXAMPLES ? [`… ${texts.length} in all ${kind && `of ${kind}`}`] : []),
  ]);
  return { name, holds: wrong.length === 0, evidence };
}

function some(name: string, wrong: number | readonly number[]): string[] {
  const count = typeof wrong === "number" ? wrong : wrong.length;
  if (count === 0) return [];
  return [`${name}: ${count}${typeof wrong === "number" ? "" : `, first ${wrong.slice(0, 5)}`}`];
}

function numbers(
  appenders: readonly AppenderResult[],
  what: "lost" | "misplaced" | "twice" | "disordered",
): string[] {
  return appenders.flatMap(({ ledger, judgement }) => some(ledger.name, judgement[what]));
}

function rejections({ faults }: Results): (result: AppenderResult) => Wrong[] {
  return ({ ledger, judgement }) =>
    ledger.rejected.map((rejection) => {
      const { n, error, from, until } = rejection;
      const kind = nameOf(error);
      const stored = judgement.rejectedButStored.includes(rejection) ? "stored" : "not stored";
      const meanwhile = faults.during(from, until, ledger.name).map((one) => when(one, rejection));
      return {
        kind,
        text: `${ledger.idOf(n)} after ${Math.round(until - from)} ms, ${stored}: ${kind} ${(error as Error).message} [${meanwhile.join("; ")}]`,
      };
    });
}

/** @returns A fault, with its times relative to the beginning of the append. */
function when({ kind, target, from, until }: Fault, rejection: Rejection): string {
  const at = (time: number) => `${((time - rejection.from) / 1_000).toFixed(1)}`;
  return `${kind} ${target} ${at(from)} to ${at(until)} s`;
}
