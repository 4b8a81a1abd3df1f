/**
 * The chaos run: a cluster of three, clients at work, and faults of servers and networks; a table at the end, and
 * exit code 0 only if nothing was lost, doubled, moved, refused or left hanging.
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
  fail("--seconds takes a whole number from 1 on.");
if (!Number.isSafeInteger(seed) || seed < 0) fail("--seed takes a whole number from 0 on.");

/** Milliseconds behind the faults after which the run itself hangs. */
const OVERDUE = 300_000;
setTimeout(() => fail("The run does not come to its end."), seconds * 1_000 + OVERDUE).unref();

console.log(`seed ${seed}: ${seconds} s of faults`);
const results = await runChaos({ seconds, seed });
console.log(tableOf(results));
process.exit(verdict(results).every(({ holds }) => holds) ? 0 : 1);

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
