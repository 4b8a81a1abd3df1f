/**
 * Starts a NATS server and all four programs, shows what they do for some seconds, and compares what was
 * sent with what arrived.
 *
 *     node dist/demo.js [seconds]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startBroker } from "alternats-broker";
import { LiveDisplay } from "./display.js";
import { Program } from "./program.js";
import { agree, summarize, table } from "./summary.js";

const SECONDS = 6;

const seconds = Number(process.argv[2] ?? SECONDS);
if (!(seconds > 0)) {
  console.error(`"${process.argv[2]}" is no number of seconds: give one above 0, for example 6.`);
  process.exit(2);
}

await using broker = await startBroker();
console.log(`nats-server on ${broker.url}`);

const env = { ...process.env, NATS_URL: broker.url };
const programs: Program[] = [];
async function start(name: string, script: string, ...args: string[]): Promise<Program> {
  const program = new Program(name, new URL(script, import.meta.url), args, env);
  programs.push(program);
  await program.ready;
  return program;
}

const ending = new AbortController();
process.once("SIGINT", () => ending.abort());
process.once("SIGTERM", () => ending.abort());

try {
  // Who listens comes first, so that nothing of the game is missed.
  const listeners = [
    await start("notifier", "./notifier.js"),
    await start("processor 1", "./processor.js"),
    await start("processor 2", "./processor.js"),
  ];
  const game = await start("game server", "./game-server.js", "eu-1");
  const admin = await start("admin", "./admin.js", "eu-1");

  const display = new LiveDisplay(programs);
  const failed = Promise.race(
    programs.map(({ name, ended }) =>
      ended.then((code) => {
        throw new Error(`${name} ended by itself, with exit code ${code}`);
      }),
    ),
  );
  const pause = sleep(seconds * 1000, undefined, { signal: ending.signal });
  try {
    await Promise.race([pause.catch(() => {}), failed]);
  } finally {
    ending.abort();
    display.end();
  }

  // Who sends goes first, so that who listens gets all of it.
  const codes = [await admin.stop(), await game.stop()];
  for (const listener of listeners) codes.push(await listener.stop());

  const rows = summarize(programs);
  console.log(table(rows, programs));
  const ok = agree(rows) && codes.every((code) => code === 0);
  console.log(ok ? "All counts agree." : "The counts do not agree.");
  if (!ok) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const program of programs) program.kill();
}
