import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Task } from "../work/work.js";

const source = fileURLToPath(new URL("../../contenders/nats-c.c", import.meta.url));

/**
 * Compiles the C client's program.
 *
 * @param folder Where the executable goes.
 * @returns Its path.
 * @throws Error that says what is missing.
 */
export async function compileNatsC(folder: string): Promise<string> {
  const executable = join(folder, "nats-c");
  try {
    await promisify(execFile)("cc", ["-O2", "-o", executable, source, "-lnats", "-lpthread"]);
  } catch (cause) {
    throw new Error("needs a C compiler and libnats-dev (apt-get install gcc libnats-dev)", {
      cause,
    });
  }
  return executable;
}

/** @returns What the program is told instead of JSON. */
export function natsCArguments({ kind, server, subject, payload, messages, window }: Task) {
  return [kind, server.url, subject, String(payload), String(messages), String(window)];
}
