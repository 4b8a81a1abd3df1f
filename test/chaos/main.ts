/**
 * Chaos run: runs clients on a cluster of three servers while servers and networks fail. It prints a table, and its
 * exit code is 0 only if all conditions in `verdict.ts` hold.
 *
 *     npm run chaos [-- --seconds 60] [--seed n]
 */
import { parseArgs } from "node:util";
import { runChaos } from "./run.js";
import { tableOf } from "./table.js";
import { verdict } from "./verdict.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 20)}` },
  },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!Number.isSafeInteger(seconds) || seconds < 1)
  fail("--seconds must be a whole number of at least 1.");
if (!Number.isSafeInteger(seed) || seed < 0) fail("--seed must be a whole number of at least 0.");

/** Milliseconds that a run may take to recover and end. */
const OVERDUE = 300_000;
setTimeout(() => fail("The run did not end in time."), seconds * 1_000 + OVERDUE).unref();

console.log(`seed ${seed}: ${seconds} s of faults`);
const results = await runChaos({ seconds, seed });
console.log(tableOf(results));
process.exit(verdict(results).every(({ holds }) => holds) ? 0 : 1);

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
