import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { median } from "./harness/statistics.js";

/** Milliseconds that importing a client takes. */
export interface StartUp {
  readonly import: string;
  /** From the process' start to its end, above the same without the import: the median of the rounds. */
  readonly milliseconds: number;
}

const clients = ["alternats", "@nats-io/transport-node"];
const cwd = fileURLToPath(new URL(".", import.meta.url));

/** @param node The Node.js executable. @param rounds How often each is imported, one after the other. */
export function startUp(node: string, rounds: number): StartUp[] {
  const above = clients.map((): number[] => []);
  for (let i = 0; i < rounds; i++) {
    const bare = run(node, "");
    for (const [j, name] of clients.entries()) {
      above[j]!.push(run(node, `import ${JSON.stringify(name)}`) - bare);
    }
  }
  return clients.map((name, j) => ({
    import: name,
    milliseconds: Number(median(above[j]!).toFixed(1)),
  }));
}

function run(node: string, code: string): number {
  const begin = performance.now();
  const { status } = spawnSync(node, ["--input-type=module", "-e", code], {
    cwd,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`"${code}" ended with ${status}, see above.`);
  return performance.now() - begin;
}
