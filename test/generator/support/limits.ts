import { join } from "node:path";
import { expect } from "vitest";
import { generateText, project, run, Workbench } from "./workbench.js";

/** The built executable of the generator. */
export const executable = join(project, "generator/bin/alternats-gen.js");

/** Makes the process say at its end how much memory it had at most, in KiB, and its processor time in ms. */
export const tellCosts = `data:text/javascript,${encodeURIComponent(
  'import { isMainThread } from "node:worker_threads"; if (isMainThread) process.on("exit", () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); console.error("KiB:" + maxRSS + "\\nms:" + (userCPUTime + systemCPUTime) / 1000); });',
)}`;

/** @returns A document whose message has the first of some schemas. */
export function documentOf(schemas: readonly unknown[]): string {
  return JSON.stringify({
    asyncapi: "2.6.0",
    info: { title: "t", version: "1" },
    servers: { n: { url: "localhost", protocol: "nats" } },
    channels: { a: { subscribe: { message: { payload: refer(0) } } } },
    components: { schemas: Object.fromEntries(schemas.map((schema, i) => [`S${i}`, schema])) },
  });
}

/** @returns A reference to a schema of {@link documentOf}. */
export function refer(i: number): object {
  return { $ref: `#/components/schemas/S${i}` };
}

export function many<T>(count: number, make: (i: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Each holds the next one twice, so that the last would stand in a million million places. */
export const doubling: Readonly<Record<string, (next: object) => object>> = {
  "two properties": (next) => ({ type: "object", properties: { a: next, b: next } }),
  "`allOf`": (next) => ({ allOf: [next, next] }),
  "a tuple": (next) => ({ type: "array", prefixItems: [next, next] }),
};

/** The processor's time that a process took, in milliseconds: on a busy machine the time that passes says little. */
export function processorTime(output: string): number {
  return Number(/^ms:([\d.]+)$/m.exec(output)?.[1]);
}

/** Generates in a process of its own, within the limits that the command promises. */
async function runMeasured(
  bench: Workbench,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const result = await run(
    process.execPath,
    ["--import", tellCosts, executable, "asyncapi.yaml"],
    bench.folder,
  );
  expect(processorTime(result.output)).toBeLessThan(10_000);
  expect(Number(/^KiB:(\d+)$/m.exec(result.output)?.[1])).toBeLessThan(512 * 1024);
  return result;
}

/** Expects that a document ends with a diagnostic, within the limits; in a library as well. @param told Pattern of the output. */
export async function expectRefused(text: string, told: RegExp): Promise<void> {
  await using bench = await Workbench.open();
  await bench.write("asyncapi.yaml", text);
  const { code, output } = await runMeasured(bench);
  expect(code).toBe(1);
  expect(output).toMatch(told);
  expect(await bench.list()).not.toContain("sdk");
  const { files, diagnostics } = await generateText({ "asyncapi.yaml": text });
  expect(files).toEqual([]);
  expect(diagnostics[0]?.severity).toBe("error");
}

/** Expects that a document that is only large becomes an SDK, however long it takes. */
export async function expectGenerated(text: string): Promise<void> {
  const { files, diagnostics } = await generateText({ "asyncapi.yaml": text });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(files.map(({ path }) => path)).toContain("types.ts");
}

/** Aliases of aliases: nine times as many values at each step. */
export function bomb(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`);
  return `asyncapi: 3.0.0\ninfo: { title: t, version: "1" }\nx-a:\n  ${lines.join("\n  ")}\n`;
}

/** Expects that schemas that double at each of 40 steps become an SDK, within the limits. @param name One of {@link doubling}. */
export async function expectSdk(name: string): Promise<void> {
  const step = doubling[name];
  await using bench = await Workbench.open();
  const last = { type: "object" };
  await bench.write(
    "asyncapi.yaml",
    documentOf(many(40, (i) => (i < 39 ? step?.(refer(i + 1)) : last))),
  );
  expect(await runMeasured(bench)).toMatchObject({ code: 0 });
  expect(await bench.list("sdk")).toContain("types.ts");
}
