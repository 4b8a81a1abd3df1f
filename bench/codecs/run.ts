import { execFile } from "node:child_process";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { entries } from "../../test/generator/support/corpus-index.ts";
import { median } from "../harness/statistics.ts";
import type { Measured } from "./measure.ts";

/**
 * `npm run bench:codecs -- [words of a name …] [--rounds n] [--node executable] [--game | --documents words]
 * [--all]`: only game events, or only documents of the corpus of such a name; all figures of the corpus.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "9" },
    node: { type: "string", default: execPath },
    game: { type: "boolean", default: false },
    documents: { type: "string", default: "" },
    all: { type: "boolean", default: false },
  },
});

/** How many times as fast as the library codecs of game events should be. */
const targets = {
  json: { encode: 1.5, decode: 1.3 },
  msgpack: { encode: 2, decode: 1.5 },
} as const;

const child = fileURLToPath(new URL("./child.js", import.meta.url));

interface Outcome {
  readonly measured: readonly Measured[];
  readonly libraryOnly: number;
}

/** In a process for each format, since programs mostly have one. */
async function measured(document: string): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const format of ["json", "msgpack"]) {
    const args = [child, format, document, values.rounds, positionals.join(" ")];
    const { stdout } = await promisify(execFile)(values.node, args, { maxBuffer: 2 ** 26 });
    outcomes.push(JSON.parse(stdout));
  }
  return {
    measured: outcomes.flatMap((each) => each.measured),
    libraryOnly: outcomes.reduce((sum, each) => sum + each.libraryOnly, 0),
  };
}

function table(rows: readonly Measured[]): void {
  const lines = rows.map(({ format, name, bytes, encode, decode, decodeOther, target }) => {
    const cell = (what: "encode" | "decode", { times }: Measured["encode"]) =>
      `${times.toFixed(2)}${target && times < targets[format][what] ? ` < ${targets[format][what]}` : ""}`;
    const nanoseconds = `${encode.nanoseconds.toFixed(0)}, ${decode.nanoseconds.toFixed(0)} ns`;
    return `| ${format} | ${name} | ${bytes} | ${cell("encode", encode)} | ${cell("decode", decode)} | ${decodeOther.times.toFixed(2)} | ${nanoseconds} |`;
  });
  console.log("| format | message | bytes | encode | decode | decode the library's | |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  console.log(lines.join("\n"));
}

const game = values.documents === "" ? await measured("game") : undefined;
if (game !== undefined && game.measured.length > 0) {
  console.log("\nGame events, times as fast as the library:\n");
  table(game.measured);
}
if (!values.game) {
  const rows: Measured[] = [];
  let libraryOnly = 0;
  for (const { id } of entries("valid").filter(({ id }) => id.includes(values.documents))) {
    const outcome = await measured(id);
    rows.push(...outcome.measured);
    libraryOnly += outcome.libraryOnly;
  }
  console.log(`\nThe corpus: ${rows.length} codecs compiled, ${libraryOnly} left to the library.`);
  for (const format of ["json", "msgpack"] as const) {
    for (const what of ["encode", "decode", "decodeOther"] as const) {
      const all = rows.filter((row) => row.format === format).map((row) => row[what].times);
      if (all.length === 0) continue;
      const below = all.filter((times) => times < 1).length;
      console.log(
        `${format} ${what}: median ${median(all).toFixed(2)}, least ${Math.min(...all).toFixed(2)}, below 1: ${below} of ${all.length}`,
      );
    }
  }
  const slow = rows.filter(
    ({ encode, decode }) => values.all || encode.times < 1 || decode.times < 1,
  );
  if (slow.length > 0) table(slow);
}
