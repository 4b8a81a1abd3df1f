import { parseArgs } from "node:util";
import { startBroker } from "alternats-broker";
import { Conversation } from "./conversation.js";
import { Stream } from "./stream.js";

/**
 * `npm run soak [-- --minutes n]`: publishers, subscribers, requests and restarts together, ten minutes by
 * default. Ends with 1 when a message was lost that was not in doubt, came twice or out of order, when a
 * request was not answered or answered wrongly, or when memory went on growing.
 */
const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error("--minutes takes a number above 0.");

const MiB = 2 ** 20;
/** Milliseconds between two restarts of the server. */
const RESTARTS = 5_000;
/** How often memory is looked at in all. */
const SAMPLES = 60;
/** What the last third of the samples may have more than the one before. */
const GROWTH = 1.02;
const SLACK = MiB;

const { gc } = globalThis;
if (gc === undefined)
  throw new Error("Memory is compared after collections: run with --expose-gc.");

const duration = minutes * 60_000;
const codes: Record<string, number> = {};
const onError = ({ code }: { code: string }) => {
  codes[code] = (codes[code] ?? 0) + 1;
};

await using broker = await startBroker();
const streams = [
  new Stream(broker.url, "soak.one", false, onError),
  new Stream(broker.url, "soak.two", false, onError),
  new Stream(broker.url, "soak.loop", true, onError),
];
const conversation = new Conversation(broker.url, onError);
const stopped = new AbortController();
const begun = performance.now();
const elapsed = () => performance.now() - begun;

const restarts = (async () => {
  let count = 0;
  while (elapsed() + RESTARTS < duration) {
    await new Promise((resolve) => setTimeout(resolve, RESTARTS));
    // One that dies and one that says goodbye in turns.
    await broker.restart(count % 2 === 0 ? "SIGKILL" : "SIGTERM");
    count++;
  }
  return count;
})();
const memory: { heap: number; external: number; resident: number }[] = [];
const watch = setInterval(() => {
  gc();
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  memory.push({ heap: heapUsed, external, resident: rss });
  if (memory.length % (SAMPLES / 6) !== 0) return;
  const sent = streams.reduce((sum, { counts }) => sum + counts.sent, 0);
  console.log(
    `${Math.round(elapsed() / 1000)} s: ${sent} messages, ${conversation.counts.answered} answers, heap ${mebibytes(heapUsed)}, external ${mebibytes(external)}, resident ${mebibytes(rss)}`,
  );
}, duration / SAMPLES);

const running = [...streams, conversation].map((one) => one.run(stopped.signal));
const count = await restarts;
await new Promise((resolve) => setTimeout(resolve, Math.max(0, duration - elapsed())));
clearInterval(watch);
stopped.abort();
await Promise.all(running);

console.log(`\n${count} restarts in ${minutes} minutes; reported:`, codes);
console.table(streams.map(({ counts }) => counts));
console.log(conversation.counts);
const failures: string[] = [];
for (const [i, { counts }] of streams.entries()) {
  if (counts.lost > counts.inDoubt) failures.push(`stream ${i} lost more than was in doubt`);
  if (counts.disordered > 0) failures.push(`stream ${i} is out of order, or came twice`);
}
const { asked, answered, wrong } = conversation.counts;
if (asked !== answered || wrong > 0) failures.push("not every request has its own answer");
for (const kind of ["heap", "external"] as const) {
  const [before, last] = [1, 2].map((third) => {
    const part = memory.slice((third * memory.length) / 3, ((third + 1) * memory.length) / 3);
    return part.map((sample) => sample[kind]).sort((a, b) => a - b)[part.length >> 1]!;
  });
  console.log(`${kind}: ${mebibytes(before!)}, then ${mebibytes(last!)}`);
  if (last! > before! * GROWTH + SLACK) failures.push(`memory (${kind}) went on growing`);
}
await Promise.all([...streams, conversation].map((one) => one.close()));
console.log(failures.length === 0 ? "Everything is accounted for." : failures.join("\n"));
process.exitCode = failures.length === 0 ? 0 : 1;

function mebibytes(bytes: number): string {
  return `${(bytes / MiB).toFixed(1)} MiB`;
}
