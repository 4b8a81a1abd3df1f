import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Sends a message to the program that started this one, if there is one. */
export function tell(message: "ready" | { readonly port: number }): void {
  if (process.connected) process.send?.(message);
}

/** A started program, with its message when it was ready. */
export interface Started<T> {
  readonly process: ChildProcess;
  readonly told: T;
  /** Stops it and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Starts a program and waits until it is ready.
 *
 * @param signal Kills the program.
 */
export async function start<T>(
  script: URL,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Started<T>> {
  // In its own process group: Ctrl-C reaches only the parent, which then stops it.
  const options = { env, detached: true, killSignal: "SIGKILL" } as const;
  const child = fork(fileURLToPath(script), { ...options, ...(signal && { signal }) });
  // An aborted signal.
  child.on("error", () => {});
  const exited = once(child, "exit");
  const [told] = (await Promise.race([
    once(child, "message"),
    exited.then(([code]) => {
      throw new Error(`${script} ended with exit code ${code} before it was ready`);
    }),
  ])) as [T];
  return {
    process: child,
    told,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
