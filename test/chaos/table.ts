import { FAULT_KINDS } from "./fault-log.js";
import { faultOf } from "./replays.js";
import type { AppenderResult, Results } from "./run.js";
import { nameOf, verdict } from "./verdict.js";

/** Milliseconds of the longest outage that appends must survive. */
const LONGEST_OUTAGE = 8_000;

/** @returns A table of the results, with the conditions at the end. */
export function tableOf(results: Results): string {
  const { faults, stored, replays, requests, publishers, corruption, watch, unhandled } = results;
  const conditions = verdict(results);
  return [
    `seed ${results.seed}, ${results.seconds} s, streams of three replicas: ${[...stored].map(([name, all]) => `${name} ${all.length}`).join(", ")}`,
    "",
    ...columns([
      ["faults", ...FAULT_KINDS],
      ["number", ...FAULT_KINDS.map((kind) => `${faults.count(kind)}`)],
      ["longest s", ...FAULT_KINDS.map((kind) => (faults.longest(kind) / 1_000).toFixed(1))],
    ]),
    ...(FAULT_KINDS.some((kind) => faults.longest(kind) > LONGEST_OUTAGE)
      ? ["This machine is too busy: an outage of more than 8 s may explain failed appends."]
      : []),
    "",
    ...columns([
      [
        ...["appender", "attempted", "acknowledged", "rejected", "of these stored", "lost"],
        ...["twice", "disordered", "slowest ms", "rejections"],
      ],
      ...results.appenders.map(appenderRow),
    ]),
    "",
    ...columns([
      ["worker", "handled", "more than once", "missing"],
      ...[...results.workers, results.officialWorker].map((worker) => [
        worker.name,
        `${worker.handled.size}`,
        `${worker.repeated}`,
        `${worker.missing(stored.get(worker.stream)!).length}`,
      ]),
    ]),
    "",
    ...columns([
      ["others", "begun", "done", "wrong", "failed"],
      [
        "replays",
        `${replays.ledgers.length}`,
        `${replays.ledgers.filter(({ failure }) => failure === undefined).length}`,
        `${replays.ledgers.filter((ledger) => faultOf(ledger, stored.get(ledger.stream)!)).length}`,
        listed(count(replays.ledgers.flatMap(({ failure }) => failure ?? []).map(nameOf))),
      ],
      [
        "requests",
        ...[requests.asked, requests.answered, requests.wrong].map(String),
        listed(requests.failed),
      ],
      [
        "publishers",
        ...[publishers.sent, publishers.received, publishers.repeated].map(String),
        listed(publishers.failed),
      ],
      ...corruption.map(({ name, corrupted, answered, recovered, failed }) => [
        name,
        ...[corrupted, answered, recovered ? 0 : 1].map(String),
        `${failed} calls`,
      ]),
    ]),
    "",
    ...columns([
      ["must settle", "begun", "settled", "slowest ms"],
      ...[...watch.kinds].map(([kind, { begun, settled, longest }]) => [
        kind,
        `${begun}`,
        `${settled}`,
        longest.toFixed(0),
      ]),
    ]),
    "",
    ...columns([
      ["onError", "times", "first message"],
      ...[...results.reported].map(([code, { times, first }]) => [code, `${times}`, first]),
    ]),
    "",
    `unhandled rejections of the official client: ${unhandled.official.length}`,
    "",
    ...conditions.flatMap(({ name, holds, evidence }) => [
      `${holds ? "ok    " : "FAILED"}  ${name}${holds ? ": 0" : ""}`,
      ...evidence.map((line) => `          ${line.replaceAll("\n", "\n          ")}`),
    ]),
    "",
    conditions.every(({ holds }) => holds) ? "All conditions hold." : "FAILED",
  ].join("\n");
}

function appenderRow({ ledger, judgement }: AppenderResult): string[] {
  const { lost, misplaced, twice, disordered, rejectedButStored } = judgement;
  return [
    ledger.name,
    `${ledger.attempted}`,
    `${ledger.acknowledged.size}`,
    `${ledger.rejected.length}`,
    `${rejectedButStored.length}`,
    `${lost.length + misplaced.length}`,
    `${twice.length}`,
    ledger.traits.ordered ? `${disordered.length}` : "–",
    ledger.longest.toFixed(0),
    listed(count(ledger.rejected.map(({ error }) => nameOf(error)))),
  ];
}

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, times]) => `${name} × ${times}`).join(", ");
}

/** @returns Lines with aligned columns. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
}
