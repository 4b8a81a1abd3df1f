import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Sends a message to the program that started this one, if there is one. */
export function tell(message: "ready" | { readonly port: number }): void {
  if (process.connected) process.send?.(message);
}

/**
 * Resolves when the program must end: Ctrl-C, SIGTERM, or the end of the program that started it.
 */
export async function stopped(): Promise<void> {
  await Promise.race([
    once(process, "SIGINT"),
    once(process, "SIGTERM"),
    ...(process.connected ? [once(process, "disconnect")] : []),
  ]);
  // The channel to the parent process would keep this one alive.
  if (process.connected) process.disconnect();
}

/** A started program, with its message when it was ready. */
export interface Started<T> {
  readonly process: ChildProcess;
  readonly told: T;
  /** Stops it and waits for its end. */
  stop(): Promise<void>;
}

/** Starts a program and waits until it is ready. */
export async function start<T>(script: URL, env: NodeJS.ProcessEnv): Promise<Started<T>> {
  // In its own process group: Ctrl-C reaches only the parent, which then stops it.
  const child = fork(fileURLToPath(script), { env, detached: true });
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
