import type { Counts } from "../counts/counts.js";
import type { Result } from "../harness/contest.js";
import type { LoadResult } from "../load/load.js";
import { described, perSecond, type Results } from "./results.js";

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The works of one run. */
export function worksTable(works: readonly Result[]): string {
  return table(
    [
      "work",
      "client",
      "messages/s",
      "slowest to fastest",
      "processor",
      "loop held",
      "alternats is",
      "target",
    ],
    works.map(({ work, contender, rate, processor, lag, ratio, target }) => [
      ratio === undefined ? `**${work}**` : "",
      contender,
      perSecond(rate.median),
      `${perSecond(rate.min)} to ${perSecond(rate.max)}`,
      costs(processor),
      lag === undefined ? "" : `${lag.toFixed(lag < 10 ? 1 : 0)} ms`,
      ratio === undefined ? "" : `${ratio.toFixed(2)} ×`,
      ratio === undefined || target === undefined ? "" : verdict(ratio, target),
    ]),
  );
}

/** The processor's time for a message: the client's, how many times ours it is, and the server's. */
function costs(processor: Result["processor"]): string {
  if (processor === undefined) return "";
  const { client, ratio, server } = processor;
  return [
    `${client} µs`,
    ...(ratio === undefined ? [] : [`${ratio} ×`]),
    ...(server === undefined ? [] : [`server ${server} µs`]),
  ].join(", ");
}

/** What was counted. */
export function countsTable(counts: readonly Counts[]): string {
  return table(
    ["counted", ...counts.map(({ client }) => client)],
    [
      ...Object.keys(counts[0]?.posts ?? {}).flatMap((window) => {
        const of = (name: "bytes" | "collections" | "writes" | "turns", digits = 0) =>
          counts.map(({ posts }) => posts[Number(window)]![name].toFixed(digits));
        const turn = `a million posts, ${Number(window).toLocaleString("en")} a turn`;
        return [
          [`${turn}: bytes allocated for each`, ...of("bytes", 2)],
          [`${turn}: collections`, ...of("collections")],
          [`${turn}: calls of socket.write`, ...of("writes")],
          [`${turn}: turns of the event loop`, ...of("turns")],
        ];
      }),
      [
        "a request, 256 in flight: bytes allocated besides its caller's await",
        ...counts.map(({ bytesPerRequest }) => bytesPerRequest.toFixed(0)),
      ],
    ],
  );
}

/** How the loads were stood. */
export function loadTable(load: readonly LoadResult[]): string {
  return table(
    ["under load", "sent", "arrived", "dropped", "refused", "in order", "memory: start, most, end"],
    load.map(({ name, sent, arrived, dropped, refused, inOrder, memory }) => [
      name,
      ...[sent, arrived, dropped, refused].map((count) => count.toLocaleString("en")),
      inOrder ? "yes" : "**no**",
      `${memory.start}, ${memory.max}, ${memory.end} MiB`,
    ]),
  );
}

/** A whole run. */
export function allTables(results: Results): string {
  const { absent, works, counts, startUp, load } = results;
  const missing = Object.entries(absent).map(([name, why]) => `Not measured: ${name} ${why}.`);
  const imports = table(
    ["import", "above bare Node.js"],
    startUp.map(({ import: name, milliseconds }) => [`\`${name}\``, `${milliseconds} ms`]),
  );
  return [
    `${described(results.machine)}; medians of ${results.rounds} rounds.`,
    worksTable(works),
    ...missing,
    countsTable(counts),
    imports,
    loadTable(load),
  ].join("\n\n");
}

/** The rows for people in a hurry. @param names The works, and what to call them. */
export function summaryTable(runs: readonly Results[], names: ReadonlyMap<string, string>): string {
  const rows = [...names].map(([work, name]) => {
    const of = (run: Results, contender: string) =>
      run.works.find((result) => result.work === work && result.contender === contender);
    const rate = (contender: string) => {
      const found = of(runs[0]!, contender);
      return found === undefined ? "" : perSecond(found.rate.median);
    };
    const ratios = runs.map((run) => `${of(run, "nats.js")?.ratio?.toFixed(1) ?? ""} ×`);
    return [name, `**${rate("alternats")}**`, rate("nats.js"), rate("nats.c"), ...ratios];
  });
  const node = ({ machine }: Results) => machine.node.replace(/^v(\d+).*/, "Node.js $1");
  const head = [`messages/s, ${node(runs[0]!)}`, "alternats", "nats.js", "nats.c"];
  return table([...head, ...runs.map((run) => `beside nats.js, ${node(run)}`)], rows);
}

function verdict(ratio: number, target: number): string {
  return `≥ ${target}${ratio < target ? ", **missed**" : ""}`;
}
